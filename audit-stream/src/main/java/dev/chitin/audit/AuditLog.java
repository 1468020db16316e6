package dev.chitin.audit;

import dev.chitin.bus.Deadline;
import io.vertx.core.Future;

/**
 * The durable, tamper-evident record of what the gateway did.
 *
 * <p>An answer means that the entry is on disk. Failures: {@code audit.unavailable} when the log
 * cannot take entries, {@code audit.stalled} when it did not within the bound, which is the earlier
 * of {@code audit.append_timeout} and the deadline.
 */
public interface AuditLog {

  /** Records {@code event}, which is no authorization. */
  Future<LogPosition> append(AuditEvent event, Deadline deadline);

  /**
   * Records the authorization of a call and gives the receipt that lets it run.
   *
   * <p>A caller that gets a failure runs nothing and records no end: where the entry reached the
   * disk all the same, the log itself follows it with {@link AuditEvent.Phase.NotRun}.
   *
   * @param event its phase is {@link AuditEvent.Phase.Authorized} and its call names a plan digest
   * @param deadline also the receipt's expiry
   */
  Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline);
}
