package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.nativeos.ErrnoException;
import io.vertx.core.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call in its sandbox, from the making of the sandbox to the outcome. Watched and ended on the
 * poller's thread. Concluded there as well where it holds nothing in the host's directories, since
 * then all that is left to do is to read its counters; else on the clean-up thread.
 */
final class Life {
  private final NativeCall call;
  private final Machinery machinery;
  private final CallContext context;
  private final Sandbox sandbox;
  private final Listener listener;
  private final Delivery delivery;
  private final Captures captures;
  private final Gate gate;
  private final @Nullable InputFeed input;
  private final SandboxRun run;
  private @Nullable IOException fault;

  /** Whose call it is. */
  interface Listener {
    /** Nothing of the sandbox lives; on the poller's thread. */
    void ended();

    /** How it ended; on the poller's or the clean-up thread. */
    void outcome(Outcome outcome);

    /** Why the tool never started; on the poller's or the clean-up thread. */
    void refused(ChitinException why);

    /** Nothing of it is left, but for empty groups; after the answer, on the clean-up thread. */
    void gone();
  }

  /**
   * @param output where output is delivered
   * @throws ErrnoException when its pipes cannot be used; the sandbox is then the caller's to end
   */
  Life(
      NativeCall call,
      Machinery machinery,
      CallContext context,
      Context output,
      Sandbox sandbox,
      Listener listener)
      throws ErrnoException {
    this.call = call;
    this.machinery = machinery;
    this.context = context;
    this.sandbox = sandbox;
    this.listener = listener;
    fault = sandbox.fault();
    delivery = new Delivery(output, machinery.poller());
    captures =
        Captures.of(
            sandbox.pipes(),
            call.limits(),
            delivery,
            machinery.readBuffer(),
            () -> stopLater(SandboxRun.Cause.OUTPUT_LIMIT));
    gate = gate();
    input =
        sandbox.pipes().stdin() == null
            ? null
            : new InputFeed(sandbox.pipes().stdin(), call.call().stdin());
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

  private Gate gate() throws ErrnoException {
    Pipes pipes = sandbox.pipes();
    return pipes.launch() == null || pipes.failure() == null
        ? new Gate.OfBwrap(pipes.gate())
        : new Gate.OfStarter(new InputFeed(pipes.launch(), Starter.message(call)), pipes.failure());
  }

  /**
   * Watches the limits that need watching; on a set-up thread.
   *
   * @throws ChitinException when one cannot be enforced here
   */
  void watchLimits() {
    if (sandbox.sound()) {
      try {
        sandbox.limits().begin(sandbox.initPid(), this::stopLater);
      } catch (IOException e) {
        fault = e;
      }
    }
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

  /** Watches the sandbox; one whose limits are not all on is ended. */
  void begin() {
    run.begin();
    if (fault != null) {
      run.stop(SandboxRun.Cause.ABORTED);
    }
  }

  void stop(SandboxRun.Cause why) {
    run.stop(why);
  }

  /** The call is cleared: lets the tool start. */
  void open(OutputSink sink) {
    delivery.attach(sink);
    Deadline end =
        context.deadline().min(Deadline.after(Duration.ofMillis(call.limits().wallMillis())));
    run.open(end.nanoTime());
  }

  private void ended(SandboxRun.End end) {
    listener.ended();
    sandbox.limits().end(() -> collect(end));
  }

  private void collect(SandboxRun.End end) {
    if (sandbox.held().nothing()) {
      conclude(end, List.of());
      return;
    }
    sandbox.held().collect(call, files -> machinery.cleanUp().execute(() -> conclude(end, files)));
  }

  /** Answers as soon as nothing of the run can be seen any more; its empty groups go after. */
  private void conclude(SandboxRun.End end, List<OutputFile> files) {
    try {
      Outcome outcome = Conclusion.of(end, sandbox, captures, files);
      sandbox.held().close();
      ChitinException refusal = end.opened() ? null : refusal(end);
      if (refusal == null) {
        listener.outcome(outcome);
      } else {
        listener.refused(refusal);
      }
    } catch (RuntimeException e) {
      listener.refused(ChitinException.from(e));
    } finally {
      machinery.cleanUp().execute(this::clear);
    }
  }

  private void clear() {
    machinery.cleanUp().remove(sandbox.group());
    listener.gone();
  }

  /** Why the tool never started, if it was this side that stopped it. */
  private @Nullable ChitinException refusal(SandboxRun.End end) {
    return switch (end.cause()) {
      case null -> null;
      case CANCELLED, DEADLINE -> NotStarted.because(end.cause());
      case ABORTED -> NotStarted.because(fault == null ? new IOException("aborted") : fault);
      case OUTPUT_LIMIT, DISK_LIMIT, CPU_LIMIT -> null;
    };
  }
}
