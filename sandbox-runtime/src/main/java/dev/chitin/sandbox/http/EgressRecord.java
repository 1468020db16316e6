package dev.chitin.sandbox.http;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.EgressEvent;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.PreparedCall;
import io.vertx.core.Future;
import io.vertx.core.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records each request that a tool made or was refused: before the end of its call, so that whoever
 * finds that end in the log finds the request too.
 */
final class EgressRecord {
  private static final Logger LOG = LoggerFactory.getLogger(EgressRecord.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final AuditLog audit;

  EgressRecord(AuditLog audit) {
    this.audit = audit;
  }

  /** The request that {@code call} makes, once it is known where it went and what came of it. */
  final class Attempt {
    private final PreparedCall call;
    private final RequestTarget target;
    private volatile @Nullable SocketAddress address;

    private Attempt(PreparedCall call, RequestTarget target) {
      this.call = call;
      this.target = target;
    }

    /** It goes to this address and no other. */
    void pinned(SocketAddress to) {
      address = to;
    }

    /** Records the end of {@code work}, which passes on as it is. */
    Future<Outcome> recorded(Supplier<Future<Outcome>> work) {
      return work.get()
          .onComplete(
              outcome -> append("allowed", status(outcome), outcome.stdoutBytes(), null),
              failure -> refused(ChitinException.from(failure).code()));
    }

    private void refused(ProblemCode code) {
      String action =
          switch (code) {
            case POLICY_HOST_DENIED -> "denied";
            case POLICY_DECISION_INVALID, VAULT_LEASE_REFUSED -> "mismatched";
            default -> "allowed";
          };
      append(action, 0, 0, code.code());
    }

    private void append(String action, int status, long received, @Nullable String code) {
      SocketAddress to = address;
      var event =
          new EgressEvent(
              action,
              ref(call),
              target.method(),
              target.host(),
              target.port(),
              target.path(),
              to == null ? null : to.host(),
              status,
              target.bodyBytes(),
              received,
              code);
      audit
          .append(event, Deadline.after(PATIENCE))
          .onFailure(failure -> LOG.warn("a request of a tool was not recorded", failure));
    }
  }

  /**
   * Where a request goes.
   *
   * @param path without its query
   */
  record RequestTarget(String method, String host, int port, String path, long bodyBytes) {
    static RequestTarget of(
        String method, String host, int port, String path, @Nullable String body) {
      return new RequestTarget(
          method,
          host,
          port,
          path,
          body == null ? 0 : body.getBytes(StandardCharsets.UTF_8).length);
    }
  }

  Attempt attempt(PreparedCall call, RequestTarget target) {
    return new Attempt(call, target);
  }

  private static int status(Outcome outcome) {
    return outcome.output() instanceof JsonValue.Obj answer
            && answer.get("status") instanceof JsonValue.Int status
        ? (int) status.value()
        : 0;
  }

  private static AuditEvent.CallRef ref(PreparedCall call) {
    ExecutionPlan plan = call.plan().plan();
    return new AuditEvent.CallRef(
        plan.callId(),
        plan.principal().tenant(),
        plan.principal().id(),
        plan.session(),
        call.plan().digest(),
        null);
  }
}
