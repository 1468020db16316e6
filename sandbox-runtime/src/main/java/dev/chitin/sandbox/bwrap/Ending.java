package dev.chitin.sandbox.bwrap;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The name of how a run ended, in the order in which it is decided: stopped by the caller, by its
 * deadline, by the kernel for want of memory (a count, never guessed from a code), for what it
 * added on disk, for its CPU time, for its output; not executed at all; ended by a signal; ended by
 * itself.
 *
 * @param status as {@link dev.chitin.sandbox.backend.Outcome} names it
 * @param exitCode null unless the tool exited
 */
record Ending(String status, @Nullable Integer exitCode) {
  private static final int SIGNAL_BASE = 128;
  private static final int LAST_SIGNAL = 64;

  static Ending of(SandboxRun.End end, RunLimits.Struck struck) {
    if (end.cause() == SandboxRun.Cause.CANCELLED) {
      return new Ending("cancelled", null);
    }
    if (end.cause() == SandboxRun.Cause.DEADLINE) {
      return new Ending("deadline", null);
    }
    if (struck.oom()) {
      return new Ending("oom", null);
    }
    if (struck.disk()) {
      return new Ending("disk_limit", null);
    }
    if (struck.cpu()) {
      return new Ending("cpu_limit", null);
    }
    if (end.cause() == SandboxRun.Cause.OUTPUT_LIMIT) {
      return new Ending("output_limit", null);
    }
    return ofExit(end.exitCode());
  }

  /**
   * bwrap reports a signal as 128 + N, as a shell does, so that a tool which exits with such a code
   * by itself cannot be told from one that was killed; and reports nothing when it could not
   * execute.
   */
  private static Ending ofExit(OptionalInt exitCode) {
    if (exitCode.isEmpty()) {
      return new Ending("setup_failed", null);
    }
    int code = exitCode.getAsInt();
    return code > SIGNAL_BASE && code <= SIGNAL_BASE + LAST_SIGNAL
        ? new Ending("signal " + (code - SIGNAL_BASE), null)
        : new Ending("exit " + code, code);
  }
}
