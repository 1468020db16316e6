package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.ChildProcess;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Kernel;
import dev.chitin.sandbox.nativeos.Poller;
import java.lang.foreign.Arena;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The life of one sandbox from its spawn to the end of its last process. It ends when bwrap and the
 * init of the pid namespace are gone; the kernel takes an init away only after everything in its
 * namespace. Confined to the poller's thread.
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
   * The descriptors that a run watches and closes.
   *
   * @param monitor bwrap itself
   * @param status what bwrap tells
   * @param gate written once to let the tool start
   * @param input feeds standard input, or null when there is none
   */
  record Ends(ChildProcess monitor, StatusPipe status, Fd gate, @Nullable InputFeed input) {}

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
  private final Ends ends;
  private final OutputCapture stdout;
  private final OutputCapture stderr;
  private final Listener listener;
  private Poller.@Nullable Timer deadline;
  private @Nullable Fd init;
  private @Nullable Cause cause;
  private boolean monitorGone;
  private boolean initGone;
  private int undelivered = 2;
  private boolean told;
  private boolean opened;

  SandboxRun(
      Poller poller, Ends ends, OutputCapture stdout, OutputCapture stderr, Listener listener) {
    this.poller = poller;
    this.ends = ends;
    this.stdout = stdout;
    this.stderr = stderr;
    this.listener = listener;
  }

  /** Watches the sandbox, which is still being set up, and arms its deadline. */
  void begin(long deadlineNanoTime) {
    try {
      deadline = poller.schedule(deadlineNanoTime, () -> stop(Cause.DEADLINE));
      stdout.watch(poller);
      stderr.watch(poller);
      if (ends.input() != null) {
        ends.input().watch(poller);
      }
      watchEnd(
          ends.monitor().pidfd(),
          () -> {
            monitorGone = true;
            ends.monitor().reap();
          });
    } catch (ErrnoException e) {
      throw new IllegalStateException("a sandbox could not be watched", e);
    }
  }

  /** The init stands behind its gate with all limits on; lets the tool start, unless stopped. */
  void open(Fd initProcess) {
    adopt(initProcess);
    if (cause != null) {
      kill();
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      opened = true;
      Kernel.write(ends.gate(), arena.allocate(1));
      ends.gate().close();
    }
  }

  /** The limits could not be put on the init. */
  void abort(Fd initProcess) {
    adopt(initProcess);
    stop(Cause.ABORTED);
  }

  /** bwrap ended, or hangs, before there was an init. */
  void failed() {
    initGone = true;
    kill();
    endWhenGone();
  }

  private void adopt(Fd initProcess) {
    init = initProcess;
    try {
      watchEnd(initProcess, () -> initGone = true);
    } catch (ErrnoException e) {
      throw new IllegalStateException("a sandbox's init could not be watched", e);
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
      if (init != null) {
        Kernel.signal(init, Kernel.SIGKILL);
        ends.monitor().kill();
      } else if (initGone) {
        ends.monitor().kill();
      }
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
            Kernel.EPOLLIN,
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
    if (ends.input() != null) {
      ends.input().close();
    }
    ends.gate().close();
    ends.monitor().close();
    if (init != null) {
      init.close();
    }
    OptionalInt exitCode = ends.status().exitCode();
    ends.status().close();
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
