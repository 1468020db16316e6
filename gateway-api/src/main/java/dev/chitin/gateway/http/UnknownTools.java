package dev.chitin.gateway.http;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.policy.Principal;
import java.time.Duration;

/**
 * Records calls of tools that there are not: whoever looks for tools by name leaves a trace. The
 * name is the caller's invention and stands in the entry as a keyed hash of fixed length. How many
 * there can be is bounded by the caller's rate, as for other denials.
 */
final class UnknownTools {
  private static final Duration RECORD = Duration.ofSeconds(2);

  private final AuditLog audit;

  UnknownTools(AuditLog audit) {
    this.audit = audit;
  }

  /**
   * Answers with {@code refusal} once it is recorded, and with what the log says where it is not.
   */
  void refuse(Exchange exchange, ChitinException refusal) {
    Principal principal = exchange.caller().principal();
    String callId = Ids.next("call_");
    var call = new AuditEvent.CallRef(callId, principal.tenant(), principal.id(), null, null, null);
    audit
        .append(
            new AuditEvent.ToolExecution(
                exchange.parameter("name"),
                false,
                call,
                new AuditEvent.Phase.Denied(refusal.code().code(), null)),
            Deadline.after(RECORD))
        .onSuccess(recorded -> exchange.fail(refusal, callId))
        .onFailure(failure -> exchange.fail(failure, callId));
  }
}
