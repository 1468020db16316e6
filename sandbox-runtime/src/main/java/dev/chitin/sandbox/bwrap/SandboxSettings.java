package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.WriteProtection;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * How native sandboxes are run on this machine.
 *
 * @param bwrap absolute path of the bubblewrap program
 * @param waive controls that the operator gives up by name, each one of {@link #WAIVABLE}
 * @param cgroupParent the group below each controller's mount point that is delegated to this user,
 *     {@code chitin} say
 * @param runDirectory directory of this gateway alone, made with mode 0700: fixed files that
 *     sandboxes see, and the journal of covers
 * @param hidden directories of the gateway (vault, log, sockets); a mount that equals, holds or
 *     lies in one is refused. The run directory always counts as one
 * @param runs how many may run, wait and be set up at once
 * @param warm how many may stand ready
 * @param writeProtection which protected paths hold in writable mounts; policy is given the same
 */
public record SandboxSettings(
    Path bwrap,
    Set<String> waive,
    String cgroupParent,
    Path runDirectory,
    List<Path> hidden,
    RunBounds runs,
    WarmBounds warm,
    WriteProtection writeProtection) {
  /** Run without a memory limit over the whole process tree. */
  public static final String AGGREGATE_MEMORY = "aggregate_memory";

  /** Run without a limit on the processes of one run; that of the user stays. */
  public static final String AGGREGATE_PROCESSES = "aggregate_processes";

  /** Run without a limit on the CPU rate of the whole process tree. */
  public static final String CPU_RATE = "cpu_rate";

  /** Run without a limit on the CPU time of the whole process tree; that of each process stays. */
  public static final String AGGREGATE_CPU_TIME = "aggregate_cpu_time";

  /** Run with a writable mount that is too large to be measured, and so not limited. */
  public static final String DISK_QUOTA = "disk_quota";

  /** Every control that may be given up. */
  public static final List<String> WAIVABLE =
      List.of(AGGREGATE_MEMORY, AGGREGATE_PROCESSES, CPU_RATE, AGGREGATE_CPU_TIME, DISK_QUOTA);

  public SandboxSettings {
    waive = Set.copyOf(waive);
    hidden = List.copyOf(hidden);
    if (!WAIVABLE.containsAll(waive)) {
      throw new IllegalArgumentException("waive may name " + String.join(", ", WAIVABLE));
    }
    if (!bwrap.isAbsolute() || !runDirectory.isAbsolute()) {
      throw new IllegalArgumentException("bwrap and runDirectory must be absolute paths");
    }
    if (cgroupParent.contains("..")) {
      throw new IllegalArgumentException("cgroupParent must lie below the controller's mount");
    }
  }

  /** {@code /usr/bin/bwrap}, nothing waived, the default bounds. */
  public static SandboxSettings defaults(Path runDirectory) {
    return new SandboxSettings(
        Path.of("/usr/bin/bwrap"),
        Set.of(),
        "chitin",
        runDirectory,
        List.of(),
        RunBounds.DEFAULT,
        WarmBounds.DEFAULT,
        WriteProtection.FULL);
  }

  /** The same with these bounds. */
  public SandboxSettings with(RunBounds runs, WarmBounds warm) {
    return new SandboxSettings(
        bwrap, waive, cgroupParent, runDirectory, hidden, runs, warm, writeProtection);
  }

  /** The same with this protection. */
  public SandboxSettings with(WriteProtection protection) {
    return new SandboxSettings(
        bwrap, waive, cgroupParent, runDirectory, hidden, runs, warm, protection);
  }
}
