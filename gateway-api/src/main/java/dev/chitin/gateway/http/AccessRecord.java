package dev.chitin.gateway.http;

import dev.chitin.audit.AuditAccess;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.LogPosition;
import dev.chitin.bus.Deadline;
import dev.chitin.policy.Principal;
import io.vertx.core.Future;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Records that the caller of an exchange had entries of the log, before he has them. */
final class AccessRecord {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private AccessRecord() {}

  /**
   * Completes when the record is durable; see {@link AuditAccess} for the parameters.
   *
   * @return fails as the log does; then nothing may be answered
   */
  static Future<LogPosition> append(
      AuditLog audit,
      Exchange exchange,
      String action,
      @Nullable String subject,
      long from,
      long count) {
    Principal reader = exchange.caller().principal();
    return audit.append(
        new AuditAccess(action, reader.tenant(), reader.id(), subject, from, count),
        Deadline.after(PATIENCE));
  }
}
