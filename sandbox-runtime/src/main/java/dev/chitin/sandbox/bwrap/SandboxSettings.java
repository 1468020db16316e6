package dev.chitin.sandbox.bwrap;

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
 * @param runs how many may run, wait and be set up at once
 * @param warm how many may stand ready
 */
public record SandboxSettings(
    Path bwrap,
    Set<String> waive,
    String cgroupParent,
    Path runDirectory,
    List<Path> hidden,
    RunBounds runs,
    WarmBounds warm) {
  /** Run without a memory limit over the whole process tree. */
  public static final String AGGREGATE_MEMORY = "aggregate_memory";

  public SandboxSettings {
    waive = Set.copyOf(waive);
    hidden = List.copyOf(hidden);
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
        WarmBounds.DEFAULT);
  }

  /** The same with these bounds. */
  public SandboxSettings with(RunBounds runs, WarmBounds warm) {
    return new SandboxSettings(bwrap, waive, cgroupParent, runDirectory, hidden, runs, warm);
  }
}
