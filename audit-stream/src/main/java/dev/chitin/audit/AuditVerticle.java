package dev.chitin.audit;

import dev.chitin.bus.Bus;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;

/**
 * Serves a log on the bus. Whoever opened the log closes it, after this verticle is undeployed: the
 * log outlives every verticle that may still have something to record.
 */
public final class AuditVerticle extends VerticleBase {
  /** Most unanswered records of each address. */
  public static final int MAX_IN_FLIGHT = 65_536;

  private static final Duration WITHDRAWAL = Duration.ofSeconds(2);

  private final Bus bus;
  private final AuditLog log;

  public AuditVerticle(Bus bus, AuditLog log) {
    this.bus = bus;
    this.log = log;
  }

  @Override
  public Future<?> start() {
    return Future.all(
        bus.serveNear(
            AuditAddresses.APPEND,
            MAX_IN_FLIGHT,
            (event, call) -> log.append(event, call.deadline())),
        bus.serveNear(AuditAddresses.AUTHORIZE, MAX_IN_FLIGHT, this::authorize));
  }

  private Future<Receipt> authorize(AuditEvent.ToolExecution event, CallContext call) {
    return log.authorize(event, call.deadline())
        .compose(receipt -> call.isCancelled() ? withdraw(event) : Future.succeededFuture(receipt));
  }

  /** The caller left while the record was on its way: nothing will run, and the log says so. */
  private Future<Receipt> withdraw(AuditEvent.ToolExecution event) {
    String code = ProblemCode.CALL_CANCELLED.code();
    var notRun =
        new AuditEvent.ToolExecution(
            event.tool(), event.allowed(), event.call(), new AuditEvent.Phase.NotRun(code));
    return log.append(notRun, Deadline.after(WITHDRAWAL))
        .transform(
            recorded ->
                Future.failedFuture(
                    recorded.succeeded()
                        ? Problem.of(
                                ProblemCode.CALL_CANCELLED,
                                "The call was cancelled while it was being authorized.")
                            .toException()
                        : recorded.cause()));
  }
}
