package dev.chitin.audit;

import dev.chitin.bus.Bus;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Endpoint;
import io.vertx.core.Future;
import java.time.Duration;

/** Calls the log over the bus. */
public final class AuditLogClient implements AuditLog {
  /** Most unanswered records of one client. */
  public static final int MAX_IN_FLIGHT = 16_384;

  /**
   * The log answers by the deadline itself, and what it has answered counts: a clock that is looked
   * at before the answer is would leave an authorization with nobody to record its end.
   */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Endpoint<AuditEvent, LogPosition> append;
  private final Endpoint<AuditEvent.ToolExecution, Receipt> authorize;

  public AuditLogClient(Bus bus) {
    append = bus.endpoint(AuditAddresses.APPEND, MAX_IN_FLIGHT, GRACE);
    authorize = bus.endpoint(AuditAddresses.AUTHORIZE, MAX_IN_FLIGHT, GRACE);
  }

  @Override
  public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
    return append.call(event, deadline);
  }

  @Override
  public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
    return authorize.call(event, deadline);
  }
}
