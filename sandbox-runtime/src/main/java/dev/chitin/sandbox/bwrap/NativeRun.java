package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
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
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call from its admission to its outcome: it waits its turn, is set up on a set-up thread,
 * lives on the poller's, and is answered on the caller's context. It may be set up before it has
 * its clearance ({@link #start}); the tool does not run before both.
 *
 * <p>What is neither final nor volatile is confined to the poller's thread.
 */
final class NativeRun implements Preparation, Life.Listener {
  private final NativeCall call;
  private final Machinery machinery;
  private final CallContext context;
  private final Context vertxContext;
  private final Consumer<NativeRun> finished;
  private final Admission.Ticket ticket;
  private final Promise<Outcome> promise = Promise.promise();

  /** A call whose turn has come is set up within bounds of its own, and needs no timer yet. */
  private volatile boolean begun;

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
    if (!begun) {
      machinery.poller().execute(this::watchDeadline);
    }
    context.cancelled().onSuccess(reason -> cancel());
  }

  private void watchDeadline() {
    if (!over && timer == null) {
      timer =
          machinery
              .poller()
              .schedule(context.deadline().nanoTime(), () -> stop(SandboxRun.Cause.DEADLINE));
    }
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
      life.stop(why);
      return;
    }
    if (stopped == null) {
      stopped = why;
    }
    if (machinery.admission().withdraw(ticket)) {
      giveUp(NotStarted.because(why));
    }
  }

  /** It is its turn. */
  private void begin() {
    begun = true;
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
        throw NotStarted.because(SandboxRun.Cause.CANCELLED);
      }
      if (context.deadline().expired()) {
        throw NotStarted.because(SandboxRun.Cause.DEADLINE);
      }
      Sandbox sandbox = machinery.pool().take(call);
      if (sandbox == null) {
        sandbox = machinery.maker().cold(call);
      }
      Life made = live(sandbox);
      machinery.poller().execute(() -> adopt(made));
    } catch (ChitinException e) {
      giveUpSoon(e);
    } catch (IOException e) {
      giveUpSoon(NotStarted.because(e));
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
      made = new Life(call, machinery, context, vertxContext, sandbox, this);
      made.watchLimits();
      return made;
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
    watchDeadline();
    made.begin();
    if (stopped != null) {
      made.stop(stopped);
    } else if (cleared != null) {
      made.open(cleared);
    }
  }

  private void giveUpSoon(ChitinException why) {
    machinery.poller().execute(() -> giveUp(why));
  }

  /** Nothing was started. */
  private void giveUp(ChitinException why) {
    ended();
    gone();
    refused(why);
  }

  @Override
  public void ended() {
    over = true;
    if (timer != null) {
      timer.cancel();
    }
  }

  @Override
  public void outcome(Outcome outcome) {
    answer(() -> promise.tryComplete(outcome));
  }

  @Override
  public void refused(ChitinException why) {
    answer(() -> promise.tryFail(why));
  }

  @Override
  public void gone() {
    machinery.admission().leave(ticket);
    finished.accept(this);
  }

  private void answer(Runnable completion) {
    try {
      vertxContext.runOnContext(now -> completion.run());
    } catch (RejectedExecutionException e) {
      // The event loops have ended before the sandbox; the answer is still owed to whoever waits.
      completion.run();
    }
  }
}
