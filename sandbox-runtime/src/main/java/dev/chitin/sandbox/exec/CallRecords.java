package dev.chitin.sandbox.exec;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import io.vertx.core.Future;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the log is told of calls.
 *
 * @param audit the log
 */
record CallRecords(AuditLog audit) {
  private static final Logger LOG = LoggerFactory.getLogger(CallRecords.class);

  /** How long the record of an end may take when the call's own deadline has passed. */
  private static final Duration END_RECORD = Duration.ofSeconds(5);

  /** Records that a call may run; nothing of it may before the receipt is there. */
  Future<Receipt> authorized(String tool, CallRef call, String decisionId, Deadline deadline) {
    return audit.authorize(
        new AuditEvent.ToolExecution(tool, true, call, new Phase.Authorized(decisionId)), deadline);
  }

  /** Records how an authorized call ended. */
  Future<Void> ended(String tool, CallRef call, Phase phase) {
    return append(new AuditEvent.ToolExecution(tool, true, call, phase));
  }

  /**
   * Records that an authorized call did not run, then fails with why. Where that cannot be recorded
   * the log has no end of the call before the next start, which calls its outcome unknown.
   */
  <T> Future<T> notRun(String tool, CallRef call, ChitinException reason) {
    return ended(tool, call, new Phase.NotRun(reason.code().code()))
        .onFailure(failure -> logUnrecorded(call, reason, ChitinException.from(failure)))
        .transform(recorded -> Future.failedFuture(reason));
  }

  private static void logUnrecorded(CallRef call, ChitinException reason, ChitinException failure) {
    LOG.error(
        "{}: it did not run ({}), and the audit log did not take that: {} {}",
        call.callId(),
        reason.code().code(),
        failure.code().code(),
        failure.problem().detail());
  }

  /**
   * Records that a call was refused, then fails with why, or because that could not be recorded.
   */
  <T> Future<T> denied(String tool, CallRef call, ChitinException reason) {
    Problem problem = reason.problem();
    var phase = new Phase.Denied(problem.code().code(), problem.rule());
    return append(new AuditEvent.ToolExecution(tool, false, call, phase))
        .compose(recorded -> Future.failedFuture(reason));
  }

  private Future<Void> append(AuditEvent event) {
    return audit.append(event, Deadline.after(END_RECORD)).mapEmpty();
  }
}
