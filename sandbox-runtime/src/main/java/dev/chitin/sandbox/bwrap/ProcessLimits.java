package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Processes;

/**
 * The limits of each single process (setrlimit(2)), set from outside on the sandbox's init while it
 * waits behind its gate, so that they hold from the tool's first instruction on.
 */
final class ProcessLimits {
  private static final int CPU = 0;
  private static final int FSIZE = 1;
  private static final int DATA = 2;
  private static final int STACK = 3;
  private static final int CORE = 4;
  private static final int NPROC = 6;
  private static final int NOFILE = 7;
  private static final int MEMLOCK = 8;
  private static final int INIT = 1;
  private static final long STACK_BYTES = 16L << 20;
  private static final long LOCKED_BYTES = 64L << 10;

  private ProcessLimits() {}

  /**
   * Sets them on {@code pid}.
   *
   * @param cgroups what the run's control group bounds: memory is bounded here only for want of it,
   *     by data and not by address space, of which runtimes reserve far more than they use
   */
  static void apply(int pid, Limits limits, Cgroups cgroups) throws ErrnoException {
    long cpuSeconds = (limits.cpuMillis() + 999) / 1000;
    Processes.limit(pid, CORE, 0);
    // Signal XCPU at the one, and KILL at the other for who ignores it.
    Processes.limit(pid, CPU, cpuSeconds, cpuSeconds + 1);
    Processes.limit(pid, FSIZE, limits.fileBytes());
    Processes.limit(pid, STACK, STACK_BYTES);
    Processes.limit(pid, MEMLOCK, LOCKED_BYTES);
    Processes.limit(pid, NOFILE, limits.openFiles());
    Processes.limit(pid, NPROC, processes(limits.processes(), cgroups.has(Controller.PIDS)));
    if (!cgroups.has(Controller.MEMORY)) {
      Processes.limit(pid, DATA, limits.memoryBytes());
    }
  }

  /**
   * The sandbox's own init counts as well. A fork under way counts here before the control group
   * sees it, one of each process: the group's limit, which counts what it refuses, is met first.
   */
  private static long processes(long most, boolean counted) {
    return (counted ? 2 * most : most) + INIT;
  }
}
