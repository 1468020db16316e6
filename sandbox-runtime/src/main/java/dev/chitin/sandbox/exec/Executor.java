package dev.chitin.sandbox.exec;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.sandbox.ToolResult;
import dev.chitin.sandbox.backend.Backend;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.Preparation;
import dev.chitin.sandbox.backend.PreparedCall;
import dev.chitin.sandbox.exec.CallObserver.Ending;
import dev.chitin.sandbox.exec.CallObserver.Observation;
import dev.chitin.sandbox.exec.CallObserver.Station;
import dev.chitin.sandbox.plan.PreparedPlan;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Walks one call through its stations: plan, {@link Clearance}, run, record. Whatever fails before
 * the run is recorded and ends the call.
 */
public final class Executor {
  private final ToolRegistry registry;
  private final PlanFactory plans;
  private final Clearance clearance;
  private final Map<String, Backend> backends;
  private final CallObserver observer;

  public Executor(
      ToolRegistry registry,
      PlanFactory plans,
      Clearance clearance,
      Map<String, Backend> backends,
      CallObserver observer) {
    this.registry = registry;
    this.plans = plans;
    this.clearance = clearance;
    this.backends = Map.copyOf(backends);
    this.observer = observer;
  }

  /** Runs {@code call}; {@code sink} hears an empty piece once the tool may run. */
  public Future<ToolResult> execute(ToolCall call, OutputSink sink, CallContext context) {
    var tool = registry.find(call.tool()).map(ToolRegistry.RegisteredTool::definition);
    Observation seen = observer.begin(call, tool.orElse(null), context);
    if (tool.isEmpty()) {
      seen.ended(Ending.ERROR, ProblemCode.TOOL_UNKNOWN);
      return unplanned(
          call,
          Problem.of(ProblemCode.TOOL_UNKNOWN, "There is no tool of that name.").toException());
    }
    return plans
        .plan(tool.get(), call, context.deadline())
        .onComplete(planned -> seen.passed(Station.PLAN))
        .recover(failure -> unplanned(call, ChitinException.from(failure)))
        .compose(plan -> new Run(call, plan, sink, context, seen).go())
        .recover(failure -> Future.failedFuture(withReason(ChitinException.from(failure), context)))
        .onSuccess(result -> seen.ended(Ending.ofStatus(result.status(), result.succeeded()), null))
        .onFailure(
            failure -> {
              ProblemCode code = ChitinException.from(failure).code();
              seen.ended(Ending.ofProblem(code), code);
            });
  }

  /** Whoever refused a cancelled call knows that it was, and not by whom. */
  private static ChitinException withReason(ChitinException failure, CallContext context) {
    return failure.code() == ProblemCode.CALL_CANCELLED && context.isCancelled()
        ? Problem.of(
                ProblemCode.CALL_CANCELLED,
                "The call was cancelled before its tool started: " + context.cancelReason() + ".")
            .toException(failure)
        : failure;
  }

  /** Records that a call was refused before it had a plan, then fails with why. */
  private <T> Future<T> unplanned(ToolCall call, ChitinException reason) {
    var ref =
        new CallRef(
            call.callId(),
            call.principal().tenant(),
            call.principal().id(),
            call.session(),
            null,
            null);
    return clearance.records().denied(call.tool(), ref, reason);
  }

  /** One call that has a plan. */
  private final class Run implements Clearance.Companion {
    private final ToolCall call;
    private final PreparedPlan plan;
    private final OutputSink sink;
    private final CallContext context;
    private final Observation seen;
    private @Nullable Preparation ready;

    Run(ToolCall call, PreparedPlan plan, OutputSink sink, CallContext context, Observation seen) {
      this.call = call;
      this.plan = plan;
      this.sink = sink;
      this.context = context;
      this.seen = seen;
    }

    Future<ToolResult> go() {
      return clearance
          .clear(plan.sealed(), context, this)
          .compose(this::start)
          .onFailure(failure -> abandon());
    }

    @Override
    public void decided() {
      seen.passed(Station.DECIDE);
    }

    /** While the authorization is made durable, the backend gets ready what is not the tool. */
    @Override
    public void spent() {
      Backend backend = backends.get(plan.sealed().plan().backend());
      if (backend == null) {
        throw Problem.of(ProblemCode.SANDBOX_UNAVAILABLE, "The tool's backend is not there.")
            .toException();
      }
      ready =
          backend.prepare(
              new PreparedCall(
                  plan.sealed(), call.arguments(), plan.environment(), plan.stdin(), List.of()),
              context);
    }

    @Override
    public void recorded() {
      seen.passed(Station.AUDIT);
    }

    private void abandon() {
      if (ready != null) {
        ready.abandon();
      }
    }

    private Future<ToolResult> start(Clearance.Cleared cleared) {
      try {
        Clearance.checkWanted(context);
      } catch (ChitinException refused) {
        return clearance.notRun(cleared, refused);
      }
      Preparation prepared = Objects.requireNonNull(ready);
      long started = System.nanoTime();
      return sink.write(OutputChunk.started())
          .onComplete(heard -> seen.passed(Station.START))
          .transform(heard -> prepared.start(cleared.leases(), sink))
          .onComplete(ran -> seen.passed(Station.RUN))
          .recover(failure -> clearance.notRun(cleared, ChitinException.from(failure)))
          .compose(
              outcome -> {
                long millis = Duration.ofNanos(System.nanoTime() - started).toMillis();
                return clearance
                    .ended(cleared, completed(outcome, millis))
                    .map(recorded -> result(outcome, millis, cleared.auditIndex()));
              });
    }

    private static Phase completed(Outcome outcome, long millis) {
      return new Phase.Completed(
          outcome.status(),
          outcome.exitCode(),
          outcome.stdoutBytes(),
          outcome.stderrBytes(),
          millis,
          OutputDigest.of(outcome),
          StruckLimits.of(outcome));
    }

    /** A backend that closes cancels what runs there itself. */
    private @Nullable String cancelReason(Outcome outcome) {
      return outcome.status().equals("cancelled")
          ? Objects.requireNonNullElse(context.cancelReason(), "the gateway stops")
          : null;
    }

    private ToolResult result(Outcome outcome, long millis, long auditIndex) {
      return new ToolResult(
          call.callId(),
          outcome.status(),
          cancelReason(outcome),
          outcome.exitCode(),
          outcome.stdout(),
          outcome.stderr(),
          outcome.output(),
          outcome.truncated(),
          outcome.stdoutBytes(),
          outcome.stderrBytes(),
          millis,
          auditIndex,
          outcome.notes(),
          outcome.files());
    }
  }
}
