package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Poller;
import dev.chitin.sandbox.nativeos.Polling;
import dev.chitin.sandbox.nativeos.Processes;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The life of one sandbox from its making to the end of its last process. It ends when bwrap and
 * the init of the pid namespace are gone; the kernel takes an init away only after everything in
 * its namespace. Confined to the poller's thread.
 */
final class SandboxRun {
  private static final long FLUSH_NANOS = 1_000_000_000L;

  /** Why a run was stopped from outside. */
  enum Cause {
    CANCELLED,
    DEADLINE,
    OUTPUT_LIMIT,
    DISK_LIMIT,
    CPU_LIMIT,
    /** The limits could not be put on; the tool was never started. */
    ABORTED
  }

  /**
   * How it ended.
   *
   * @param cause why it was stopped, or null when it ended by itself
   * @param exitCode as bwrap reports it, empty when the tool was not executed or was cut off
   * @param opened whether the gate was opened, without which the tool cannot have started
   */
  record End(@Nullable Cause cause, OptionalInt exitCode, boolean opened) {}

  /** Called once on the poller's thread, when nothing of the run is left. */
  @FunctionalInterface
  interface Listener {
    void ended(End end);
  }

  private final Poller poller;
  private final Sandbox sandbox;
  private final Gate gate;
  private final @Nullable InputFeed input;
  private final OutputCapture stdout;
  private final OutputCapture stderr;
  private final Listener listener;
  private Poller.@Nullable Timer deadline;
  private @Nullable Cause cause;
  private boolean monitorGone;
  private boolean initGone;
  private int undelivered = 2;
  private boolean told;
  private boolean opened;

  /**
   * @param gate what the sandbox waits behind
   * @param input feeds standard input, or null when there is none
   */
  SandboxRun(
      Poller poller,
      Sandbox sandbox,
      Gate gate,
      @Nullable InputFeed input,
      OutputCapture stdout,
      OutputCapture stderr,
      Listener listener) {
    this.poller = poller;
    this.sandbox = sandbox;
    this.gate = gate;
    this.input = input;
    this.stdout = stdout;
    this.stderr = stderr;
    this.listener = listener;
  }

  /** Watches the sandbox, which may still be mounting. */
  void begin() {
    try {
      stdout.watch(poller);
      stderr.watch(poller);
      watchEnd(
          sandbox.monitor().pidfd(),
          () -> {
            monitorGone = true;
            sandbox.monitor().reap();
          });
      if (sandbox.init() == null) {
        // bwrap ended, or hangs, before there was an init.
        initGone = true;
        kill();
        endWhenGone();
        return;
      }
      watchEnd(sandbox.init(), () -> initGone = true);
    } catch (ErrnoException e) {
      throw new IllegalStateException("a sandbox could not be watched", e);
    }
  }

  /** Lets the tool start, unless it was stopped before; its time runs from now on. */
  void open(long deadlineNanoTime) {
    if (cause != null || told) {
      return;
    }
    deadline = poller.schedule(deadlineNanoTime, () -> stop(Cause.DEADLINE));
    try {
      opened = true;
      if (input != null) {
        input.watch(poller);
      }
      gate.open(poller);
    } catch (ErrnoException e) {
      throw new IllegalStateException("a sandbox's gate could not be opened", e);
    }
  }

  /** Ends the run; only the first cause counts, and none after the tool has ended by itself. */
  void stop(Cause why) {
    if (cause == null && !monitorGone) {
      cause = why;
      kill();
    }
  }

  /**
   * The init takes its whole namespace along. Before it is known nothing is killed: bwrap's child
   * might not yet be bound to die with it.
   */
  private void kill() {
    try {
      if (sandbox.init() != null) {
        Processes.signal(sandbox.init(), Processes.SIGKILL);
      }
      sandbox.monitor().kill();
    } catch (ErrnoException e) {
      throw new IllegalStateException("a sandbox could not be killed", e);
    }
  }

  private interface Gone {
    void now() throws ErrnoException;
  }

  private void watchEnd(Fd process, Gone gone) throws ErrnoException {
    var registration = new Poller.@Nullable Registration[1];
    registration[0] =
        poller.register(
            process,
            Polling.EPOLLIN,
            () -> {
              if (registration[0] != null) {
                registration[0].close();
                registration[0] = null;
                try {
                  gone.now();
                } catch (ErrnoException e) {
                  throw new IllegalStateException("a sandbox could not be reaped", e);
                }
                endWhenGone();
              }
            });
  }

  private void endWhenGone() {
    if (!monitorGone || !initGone || told) {
      return;
    }
    told = true;
    if (deadline != null) {
      deadline.cancel();
    }
    if (input != null) {
      input.close();
    }
    boolean executed = !gate.failed();
    gate.close();
    sandbox.pipes().closeGates();
    sandbox.monitor().close();
    if (sandbox.init() != null) {
      sandbox.init().close();
    }
    OptionalInt exitCode = executed ? sandbox.status().exitCode() : OptionalInt.empty();
    sandbox.status().close();
    var end = new End(cause, exitCode, opened);
    // A reader that does not take the last pieces in time must not keep the answer back.
    Poller.Timer patience = poller.schedule(System.nanoTime() + FLUSH_NANOS, () -> tell(end));
    Runnable delivered =
        () -> {
          if (--undelivered == 0) {
            patience.cancel();
            tell(end);
          }
        };
    stdout.finish(delivered);
    stderr.finish(delivered);
  }

  private void tell(End end) {
    if (undelivered >= 0) {
      undelivered = -1;
      listener.ended(end);
    }
  }
}
