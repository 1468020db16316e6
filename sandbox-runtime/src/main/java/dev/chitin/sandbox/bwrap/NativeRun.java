package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Limits;
import dev.chitin.sandbox.OutputChunk.Stream;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Kernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call from its admission to its outcome: set-up on a set-up thread, life on the poller's,
 * clean-up on the clean-up thread, answer on the caller's context.
 *
 * <p>Order of the set-up: control groups, mounts, spawn, deadline, limits on the sandbox's init,
 * and then the gate. The tool does not run before the last step.
 */
final class NativeRun {
  private static final long CHILD_MILLIS = 10_000;
  private static final int REMOVALS = 12;

  private final NativeCall call;
  private final String id;
  private final Machinery machinery;
  private final OutputSink sink;
  private final CallContext context;
  private final Context vertxContext;
  private final Consumer<NativeRun> finished;
  private final Promise<Outcome> promise = Promise.promise();
  private final Promise<String> shutdown = Promise.promise();
  private final List<String> notes;

  NativeRun(
      NativeCall call,
      String id,
      Machinery machinery,
      OutputSink sink,
      CallContext context,
      Context vertxContext,
      Consumer<NativeRun> finished) {
    this.call = call;
    this.id = id;
    this.machinery = machinery;
    this.sink = sink;
    this.context = context;
    this.vertxContext = vertxContext;
    this.finished = finished;
    this.notes = new ArrayList<>(machinery.notes());
  }

  Future<Outcome> future() {
    return promise.future();
  }

  /** Ends it because the gateway stops. */
  void cancel() {
    shutdown.tryComplete("the gateway stops");
  }

  /** The set-up; blocks. */
  void start() {
    var held = new HeldPlaces(machinery.covers());
    RunGroup group = null;
    try {
      refuseIfLate();
      group = machinery.cgroups().create(id, call.limits());
      CallSetUp.Spawned spawned = machinery.setUp().spawn(call, held, notes);
      life(group, held, spawned).run();
    } catch (ChitinException e) {
      giveUp(group, held, e);
    } catch (IOException e) {
      giveUp(group, held, setUpFailed(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      giveUp(group, held, Unavailable.because("The set-up was interrupted.", "Try again."));
    } catch (RuntimeException e) {
      giveUp(group, held, ChitinException.from(e));
    }
  }

  private Life life(RunGroup group, HeldPlaces held, CallSetUp.Spawned spawned)
      throws ErrnoException {
    try {
      return new Life(group, held, spawned);
    } catch (ErrnoException e) {
      // Its gate stays closed until it is dead: end of file would open it too.
      spawned.monitor().kill();
      spawned.monitor().reap();
      spawned.monitor().close();
      spawned.pipes().closeOwnEnds();
      throw e;
    }
  }

  private void refuseIfLate() {
    if (context.isCancelled() || shutdown.future().isComplete()) {
      throw cancelled();
    }
    if (context.deadline().expired()) {
      throw late();
    }
  }

  private static ChitinException cancelled() {
    return Problem.of(ProblemCode.CALL_CANCELLED, "The call was cancelled before its tool started.")
        .toException();
  }

  private static ChitinException late() {
    return Problem.of(ProblemCode.DEADLINE_EXCEEDED, "The deadline passed before the tool started.")
        .withHint("Allow the call more time.")
        .toException();
  }

  private static ChitinException setUpFailed(IOException cause) {
    String step = cause instanceof ErrnoException e ? " (" + e.getMessage() + ")" : "";
    return Unavailable.because(
        "The sandbox could not be set up" + step + ".", "Run chitin doctor.", cause);
  }

  /** Nothing was started. */
  private void giveUp(@Nullable RunGroup group, HeldPlaces held, ChitinException why) {
    held.close();
    if (group != null) {
      remove(group, 0);
    }
    finished.accept(this);
    answer(() -> promise.fail(why));
  }

  private void answer(Runnable completion) {
    try {
      vertxContext.runOnContext(now -> completion.run());
    } catch (RejectedExecutionException e) {
      // The event loops have ended before the sandbox; the answer is still owed to whoever waits.
      completion.run();
    }
  }

  private void remove(RunGroup group, int attempt) {
    if (!group.remove() && attempt < REMOVALS) {
      var _ =
          machinery
              .cleanUp()
              .schedule(() -> remove(group, attempt + 1), 1L << attempt, TimeUnit.MILLISECONDS);
    }
  }

  /** From the spawn on. */
  private final class Life {
    private final RunGroup group;
    private final HeldPlaces held;
    private final OutputCapture stdout;
    private final OutputCapture stderr;
    private final StatusPipe status;
    private final SandboxRun run;
    private @Nullable IOException fault;

    Life(RunGroup group, HeldPlaces held, CallSetUp.Spawned spawned) throws ErrnoException {
      this.group = group;
      this.held = held;
      Pipes pipes = spawned.pipes();
      Limits limits = call.limits();
      var delivery = new Delivery(sink, vertxContext, machinery.poller());
      stdout = capture(Stream.STDOUT, pipes.stdout(), limits.stdoutBytes(), delivery);
      stderr = capture(Stream.STDERR, pipes.stderr(), limits.stderrBytes(), delivery);
      status = new StatusPipe(pipes.status());
      InputFeed input =
          pipes.stdin() == null ? null : new InputFeed(pipes.stdin(), call.call().stdin());
      var ends = new SandboxRun.Ends(spawned.monitor(), status, pipes.gate(), input);
      run = new SandboxRun(machinery.poller(), ends, stdout, stderr, this::ended);
    }

    private OutputCapture capture(Stream stream, Fd pipe, long cap, Delivery delivery) {
      return new OutputCapture(
          stream,
          pipe,
          cap,
          delivery,
          machinery.readBuffer(),
          () -> stop(SandboxRun.Cause.OUTPUT_LIMIT));
    }

    private void stop(SandboxRun.Cause cause) {
      machinery.poller().execute(() -> run.stop(cause));
    }

    /** Watches the sandbox, puts the limits on its init and opens the gate. */
    void run() {
      Deadline end =
          context.deadline().min(Deadline.after(Duration.ofMillis(call.limits().wallMillis())));
      machinery.poller().execute(() -> run.begin(end.nanoTime()));
      context.cancelled().onSuccess(reason -> stop(SandboxRun.Cause.CANCELLED));
      shutdown.future().onSuccess(reason -> stop(SandboxRun.Cause.CANCELLED));
      try {
        OptionalInt child = status.awaitChild(CHILD_MILLIS);
        if (child.isPresent()) {
          limit(child.getAsInt(), Kernel.pidfdOpen(child.getAsInt()));
          return;
        }
      } catch (ErrnoException e) {
        fault = e;
      }
      machinery.poller().execute(run::failed);
    }

    private void limit(int pid, Fd init) throws ErrnoException {
      try {
        group.enter(pid);
        ProcessLimits.apply(pid, call.limits(), !machinery.cgroups().limitsMemory());
        machinery.poller().execute(() -> run.open(init));
      } catch (IOException e) {
        if (Kernel.awaitReadable(init, 0)) {
          // It ended by itself: bwrap could not do a mount, and says so on the error stream.
          machinery.poller().execute(() -> run.open(init));
          return;
        }
        fault = e;
        machinery.poller().execute(() -> run.abort(init));
      }
    }

    private void ended(SandboxRun.End end) {
      held.collect(call, files -> ended(end, files));
    }

    private void ended(SandboxRun.End end, List<OutputFile> files) {
      machinery
          .cleanUp()
          .execute(
              () -> {
                try {
                  conclude(end, files);
                } catch (RuntimeException e) {
                  answer(() -> promise.tryFail(ChitinException.from(e)));
                }
              });
    }

    private void conclude(SandboxRun.End end, List<OutputFile> files) {
      long oomKills = 0;
      try {
        oomKills = group.oomKills();
        if (group.forksRefused() > 0) {
          notes.add("pids_limit: a fork was refused at " + call.limits().processes());
        }
      } catch (IOException e) {
        notes.add("limits: the counters of this run could not be read");
      }
      OutputFile.faults(files).forEach(notes::add);
      Outcome outcome = outcome(end, oomKills, files);
      ChitinException refusal = end.opened() ? null : refusal(end);
      held.close();
      remove(group, 0);
      finished.accept(NativeRun.this);
      answer(
          () -> {
            if (refusal != null) {
              promise.fail(refusal);
            } else {
              promise.complete(outcome);
            }
          });
    }

    /** Why the tool never started, if it was this side that stopped it. */
    private @Nullable ChitinException refusal(SandboxRun.End end) {
      return switch (end.cause()) {
        case null -> null;
        case CANCELLED -> cancelled();
        case DEADLINE -> late();
        case ABORTED -> setUpFailed(fault == null ? new IOException("aborted") : fault);
        case OUTPUT_LIMIT -> null;
      };
    }

    private Outcome outcome(SandboxRun.End end, long oomKills, List<OutputFile> files) {
      Ending ending = Ending.of(end, oomKills);
      return new Outcome(
          ending.status(),
          ending.exitCode(),
          stdout.kept(),
          stderr.kept(),
          stdout.seen(),
          stderr.seen(),
          null,
          notes,
          files);
    }
  }
}
