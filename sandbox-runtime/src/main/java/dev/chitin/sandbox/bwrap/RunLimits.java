package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/**
 * The limits of one run that are watched from outside while it runs, and what is told of all of
 * them when it has ended.
 */
final class RunLimits {
  private static final int SIGNAL_BASE = 128;
  private static final int SIGXCPU = 24;
  private static final int SIGXFSZ = 25;

  private final Limits limits;
  private final RunGroup group;
  private final CpuWatch cpu;
  private final DiskWatch disk;

  /**
   * Which limits struck.
   *
   * @param oom memory: the kernel's count of kills, never guessed from a code
   * @param disk what was added to writable mounts
   * @param cpu CPU time
   * @param notes what struck, for people, and what could not be measured
   */
  record Struck(boolean oom, boolean disk, boolean cpu, List<String> notes) {}

  /**
   * Watches that have not begun.
   *
   * @param timer for short reads
   * @param walkers for walks of directories
   * @param waived controls that the operator has given up by name
   */
  RunLimits(
      Limits limits,
      Cgroups cgroups,
      RunGroup group,
      ScheduledExecutorService timer,
      ScheduledExecutorService walkers,
      Set<String> waived) {
    this.limits = limits;
    this.group = group;
    cpu = new CpuWatch(cgroups, group, limits, timer);
    disk = new DiskWatch(limits, walkers, waived.contains(SandboxSettings.DISK_QUOTA));
  }

  /** Looks at what is there before; blocks, while bwrap sets the sandbox up. */
  void prepare(List<WritableMount> writable) {
    disk.prepare(writable);
  }

  /**
   * Watches from now on.
   *
   * @param init the run's init, which still waits behind its gate
   * @param stop called with a cause when a limit strikes
   * @throws IOException when what was there before could not be measured
   */
  void begin(int init, Consumer<SandboxRun.Cause> stop) throws IOException {
    disk.begin(init, () -> stop.accept(SandboxRun.Cause.DISK_LIMIT));
    cpu.begin(() -> stop.accept(SandboxRun.Cause.CPU_LIMIT));
  }

  /** Nothing of the run is left; calls {@code done} when all has been looked at once more. */
  void end(Runnable done) {
    cpu.end();
    disk.end(done);
  }

  /** What is to be told. Reads the group's counters, so before the group is removed. */
  Struck conclude(SandboxRun.End end) {
    var notes = new ArrayList<String>();
    RunUsage usage = RunUsage.NONE;
    try {
      usage = group.usage();
    } catch (IOException e) {
      notes.add("limits: the counters of this run could not be read");
    }
    if (usage.forksRefused() > 0) {
      notes.add("pids_limit: a fork was refused at " + limits.processes());
    }
    if (usage.throttled() > 0) {
      notes.add("cpu: throttled " + usage.throttled() + " times at " + limits.cpuPercent() + " %");
    }
    boolean cpuStruck =
        end.cause() == SandboxRun.Cause.CPU_LIMIT
            || usage.cpuMillis() >= limits.cpuMillis()
            || endedBy(SIGXCPU, end.exitCode());
    if (cpuStruck) {
      notes.add("cpu_limit: all of " + limits.cpuMillis() + " ms of CPU time was used");
    }
    if (endedBy(SIGXFSZ, end.exitCode())) {
      notes.add("file_limit: a file would have grown beyond " + limits.fileBytes() + " bytes");
    }
    notes.addAll(disk.notes());
    return new Struck(usage.oomKills() > 0, disk.struck(), cpuStruck, notes);
  }

  private static boolean endedBy(int signal, OptionalInt exitCode) {
    return exitCode.isPresent() && exitCode.getAsInt() == SIGNAL_BASE + signal;
  }
}
