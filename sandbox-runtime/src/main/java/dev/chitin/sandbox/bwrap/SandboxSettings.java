package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.WriteProtection;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * How native sandboxes are run on this machine.
 *
 * @param bwrap absolute path of the bubblewrap program
 * @param waive controls that the operator gives up by name; only {@link #AGGREGATE_MEMORY} is known
 * @param cgroupParent the group below each controller's mount point that is delegated to this user,
 *     {@code chitin} say
 * @param runDirectory directory of this gateway alone, made with mode 0700: fixed files that
 *     sandboxes see, and the journal of covers
 * @param hidden directories of the gateway (vault, log, sockets); a mount that equals, holds or
 *     lies in one is refused. The run directory always counts as one
 * @param maxRuns most sandboxes at once; more are refused
 * @param setUps most sandboxes that are being set up at once; more wait
 * @param setUpQueue most that wait for their set-up; more are refused
 * @param writeProtection which protected paths hold in writable mounts; policy is given the same
 */
public record SandboxSettings(
    Path bwrap,
    Set<String> waive,
    String cgroupParent,
    Path runDirectory,
    List<Path> hidden,
    int maxRuns,
    int setUps,
    int setUpQueue,
    WriteProtection writeProtection) {
  /** Run without a memory limit over the whole process tree. */
  public static final String AGGREGATE_MEMORY = "aggregate_memory";

  public SandboxSettings {
    waive = Set.copyOf(waive);
    hidden = List.copyOf(hidden);
    if (!bwrap.isAbsolute() || !runDirectory.isAbsolute()) {
      throw new IllegalArgumentException("bwrap and runDirectory must be absolute paths");
    }
    if (maxRuns < 1 || setUps < 1 || setUpQueue < 1) {
      throw new IllegalArgumentException("bounds must be positive");
    }
    if (cgroupParent.contains("..")) {
      throw new IllegalArgumentException("cgroupParent must lie below the controller's mount");
    }
  }

  /** {@code /usr/bin/bwrap}, nothing waived, 128 runs, as many set-ups as processors. */
  public static SandboxSettings defaults(Path runDirectory) {
    return new SandboxSettings(
        Path.of("/usr/bin/bwrap"),
        Set.of(),
        "chitin",
        runDirectory,
        List.of(),
        128,
        Runtime.getRuntime().availableProcessors(),
        256,
        WriteProtection.FULL);
  }
}
