package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.Preparation;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Poller;
import dev.chitin.vault.Lease;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call from its admission to its outcome: it waits its turn, is set up on a set-up thread,
 * lives on the poller's, and is answered on the caller's context. It may be set up before it has
 * its clearance ({@link #start}); the tool does not run before both.
 *
 * <p>What is not final is confined to the poller's thread.
 */
final class NativeRun implements Preparation {
  private final NativeCall call;
  private final Machinery machinery;
  private final CallContext context;
  private final Context vertxContext;
  private final Consumer<NativeRun> finished;
  private final Admission.Ticket ticket;
  private final Promise<Outcome> promise = Promise.promise();
  private Poller.@Nullable Timer timer;
  private @Nullable OutputSink cleared;
  private @Nullable Life life;
  private SandboxRun.@Nullable Cause stopped;
  private boolean over;

  /**
   * @param finished called once, on some thread, when nothing of the run is left
   */
  NativeRun(
      NativeCall call,
      Machinery machinery,
      CallContext context,
      Context vertxContext,
      Consumer<NativeRun> finished) {
    this.call = call;
    this.machinery = machinery;
    this.context = context;
    this.vertxContext = vertxContext;
    this.finished = finished;
    this.ticket = new Admission.Ticket(call.party(), this::begin);
  }

  /**
   * Takes its place.
   *
   * @throws ChitinException {@code sandbox.busy} when there is none, also to wait in
   */
  void enter() {
    machinery.admission().enter(ticket);
    machinery
        .poller()
        .execute(
            () -> {
              if (!over) {
                timer =
                    machinery
                        .poller()
                        .schedule(
                            context.deadline().nanoTime(), () -> stop(SandboxRun.Cause.DEADLINE));
              }
            });
    context.cancelled().onSuccess(reason -> cancel());
  }

  @Override
  public Future<Outcome> start(List<Lease> leases, OutputSink sink) {
    machinery
        .poller()
        .execute(
            () -> {
              cleared = sink;
              if (life != null) {
                life.open(sink);
              }
            });
    return promise.future();
  }

  @Override
  public void abandon() {
    cancel();
  }

  /** Ends it, because nobody wants it any more or the gateway stops. */
  void cancel() {
    machinery.poller().execute(() -> stop(SandboxRun.Cause.CANCELLED));
  }

  private void stop(SandboxRun.Cause why) {
    if (over) {
      return;
    }
    if (life != null) {
      life.run.stop(why);
      return;
    }
    if (stopped == null) {
      stopped = why;
    }
    if (machinery.admission().withdraw(ticket)) {
      giveUp(refusal(why));
    }
  }

  /** It is its turn. */
  private void begin() {
    try {
      machinery.setUps().execute(this::setUp);
    } catch (RejectedExecutionException e) {
      giveUpSoon(Problem.of(ProblemCode.GATEWAY_DRAINING, "The sandbox shuts down.").toException());
    }
  }

  /** On a set-up thread. */
  private void setUp() {
    try {
      if (context.isCancelled()) {
        throw refusal(SandboxRun.Cause.CANCELLED);
      }
      if (context.deadline().expired()) {
        throw refusal(SandboxRun.Cause.DEADLINE);
      }
      Sandbox sandbox = machinery.pool().take(call);
      if (sandbox == null) {
        sandbox = machinery.maker().cold(call, context.deadline());
      }
      Life made = live(sandbox);
      machinery.poller().execute(() -> adopt(made));
    } catch (ChitinException e) {
      giveUpSoon(e);
    } catch (IOException e) {
      giveUpSoon(setUpFailed(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      giveUpSoon(Unavailable.because("The set-up was interrupted.", "Try again."));
    } catch (RuntimeException e) {
      giveUpSoon(ChitinException.from(e));
    } finally {
      machinery.admission().setUpDone(ticket);
    }
  }

  private Life live(Sandbox sandbox) throws ErrnoException {
    Life made = null;
    try {
      made = new Life(sandbox);
      return made.watched();
    } catch (ErrnoException | RuntimeException e) {
      if (made != null) {
        made.abandon();
      }
      machinery.disposal().dispose(sandbox, () -> {});
      throw e;
    }
  }

  private void adopt(Life made) {
    life = made;
    made.run.begin();
    if (made.fault != null) {
      made.run.stop(SandboxRun.Cause.ABORTED);
    } else if (stopped != null) {
      made.run.stop(stopped);
    } else if (cleared != null) {
      made.open(cleared);
    }
  }

  private static ChitinException refusal(SandboxRun.Cause why) {
    return why == SandboxRun.Cause.DEADLINE
        ? Problem.of(ProblemCode.DEADLINE_EXCEEDED, "The deadline passed before the tool started.")
            .withHint("Allow the call more time.")
            .toException()
        : Problem.of(ProblemCode.CALL_CANCELLED, "The call was cancelled before its tool started.")
            .toException();
  }

  private static ChitinException setUpFailed(IOException cause) {
    String step = cause instanceof ErrnoException e ? " (" + e.getMessage() + ")" : "";
    return Unavailable.because(
        "The sandbox could not be set up" + step + ".", "Run chitin doctor.", cause);
  }

  private void giveUpSoon(ChitinException why) {
    machinery.poller().execute(() -> giveUp(why));
  }

  /** Nothing was started. */
  private void giveUp(ChitinException why) {
    over();
    machinery.admission().leave(ticket);
    finished.accept(this);
    answer(() -> promise.fail(why));
  }

  private void over() {
    over = true;
    if (timer != null) {
      timer.cancel();
    }
  }

  private void answer(Runnable completion) {
    try {
      vertxContext.runOnContext(now -> completion.run());
    } catch (RejectedExecutionException e) {
      // The event loops have ended before the sandbox; the answer is still owed to whoever waits.
      completion.run();
    }
  }

  /** From the making of its sandbox on. */
  private final class Life {
    private final Sandbox sandbox;
    private final Delivery delivery = new Delivery(vertxContext, machinery.poller());
    private final Captures captures;
    private final Gate gate;
    private final @Nullable InputFeed input;
    private final SandboxRun run;
    private @Nullable IOException fault;

    Life(Sandbox sandbox) throws ErrnoException {
      this.sandbox = sandbox;
      fault = sandbox.fault();
      captures =
          Captures.of(
              sandbox.pipes(),
              call.limits(),
              delivery,
              machinery.readBuffer(),
              () -> stopLater(SandboxRun.Cause.OUTPUT_LIMIT));
      gate = gate();
      input = input();
      run =
          new SandboxRun(
              machinery.poller(),
              sandbox,
              gate,
              input,
              captures.stdout(),
              captures.stderr(),
              this::ended);
    }

    /** Watches the limits that need watching; on a set-up thread. */
    Life watched() {
      if (sandbox.sound()) {
        try {
          sandbox.limits().begin(sandbox.initPid(), this::stopLater);
        } catch (IOException e) {
          fault = e;
        }
      }
      return this;
    }

    private Gate gate() throws ErrnoException {
      Pipes pipes = sandbox.pipes();
      return pipes.launch() == null || pipes.failure() == null
          ? new Gate.OfBwrap(pipes.gate())
          : new Gate.OfStarter(
              new InputFeed(pipes.launch(), Starter.message(call)), pipes.failure());
    }

    private @Nullable InputFeed input() throws ErrnoException {
      Bytes bytes = call.call().stdin();
      return sandbox.pipes().stdin() == null ? null : new InputFeed(sandbox.pipes().stdin(), bytes);
    }

    /** Nothing will be fed; the sandbox itself is somebody else's to end. */
    void abandon() {
      gate.abandon();
      if (input != null) {
        input.close();
      }
    }

    private void stopLater(SandboxRun.Cause cause) {
      machinery.poller().execute(() -> run.stop(cause));
    }

    void open(OutputSink sink) {
      delivery.attach(sink);
      Deadline end =
          context.deadline().min(Deadline.after(Duration.ofMillis(call.limits().wallMillis())));
      run.open(end.nanoTime());
    }

    private void ended(SandboxRun.End end) {
      over();
      sandbox
          .limits()
          .end(
              () ->
                  sandbox
                      .held()
                      .collect(
                          call,
                          files -> machinery.cleanUp().execute(() -> concludeOrFail(end, files))));
    }

    private void concludeOrFail(SandboxRun.End end, List<OutputFile> files) {
      try {
        conclude(end, files);
      } catch (RuntimeException e) {
        answer(() -> promise.tryFail(ChitinException.from(e)));
      }
    }

    /** Answers as soon as nothing of the run can be seen any more; its empty groups go after. */
    private void conclude(SandboxRun.End end, List<OutputFile> files) {
      Outcome outcome = Conclusion.of(end, sandbox, captures, files);
      sandbox.held().close();
      ChitinException refusal = end.opened() ? null : refusal(end);
      answer(
          () -> {
            if (refusal != null) {
              promise.fail(refusal);
            } else {
              promise.complete(outcome);
            }
          });
      machinery.cleanUp().remove(sandbox.group());
      machinery.admission().leave(ticket);
      finished.accept(NativeRun.this);
    }

    /** Why the tool never started, if it was this side that stopped it. */
    private @Nullable ChitinException refusal(SandboxRun.End end) {
      return switch (end.cause()) {
        case null -> null;
        case CANCELLED, DEADLINE -> NativeRun.refusal(end.cause());
        case ABORTED -> setUpFailed(fault == null ? new IOException("aborted") : fault);
        case OUTPUT_LIMIT, DISK_LIMIT, CPU_LIMIT -> null;
      };
    }
  }
}
