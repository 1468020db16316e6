package dev.chitin.audit;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.KeyHandover;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.Field.Clear;
import dev.chitin.audit.Field.Digested;
import dev.chitin.audit.Field.Hmac;
import dev.chitin.audit.Field.Sealed;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of each kind of event with their classes. The records are taken apart by pattern: one
 * that gets a further member does not compile before it is said here what becomes of it.
 */
final class EventFields {
  /** The tenant of what is the operator's own: keys, the configuration, the vault. */
  static final String OPERATOR = "default";

  private static final int MAX_LIMITS = 16;

  private final Map<String, Field> fields = new LinkedHashMap<>();

  private EventFields() {}

  /** The event's own fields and those of its call; without those that all entries share. */
  static Map<String, Field> of(AuditEvent event) {
    var fields = new EventFields();
    fields.take(event);
    return fields.fields;
  }

  private void take(AuditEvent event) {
    switch (event) {
      case AuditEvent.ToolExecution(String tool, boolean allowed, CallRef call, Phase phase) -> {
        put("tool", tool(tool, call, phase));
        put("allowed", Clear.flag(allowed));
        call(call);
        phase(phase);
      }
      case AuditEvent.CredentialAccess(
              String provider,
              boolean success,
              String action,
              String tenant,
              @Nullable CallRef call,
              @Nullable String reason) -> {
        if (call != null) {
          call(call);
        }
        word("provider", provider);
        put("success", Clear.flag(success));
        word("action", action);
        word("tenant", tenant);
        word("reason", reason);
      }
      case AuditEvent.AuthFailure(
              String reason,
              String method,
              @Nullable String keyId,
              String peer,
              long count) -> {
        word("reason", reason);
        word("method", method);
        put("key_id", keyId == null ? null : new Hmac(GuardedField.KEY_ID, "", keyId));
        put("peer", new Hmac(GuardedField.ADDRESS, "", peer));
        number("count", count);
      }
      case AuditEvent.RateLimitExceeded(
              String tier,
              String key,
              long perMinute,
              long burst,
              long count) -> {
        word("tier", tier);
        put("key", limited(tier, key));
        number("requests_per_minute", perMinute);
        number("burst", burst);
        number("count", count);
      }
      case AuditEvent.Lifecycle(
              String action,
              String version,
              @Nullable String detail,
              @Nullable Digest build,
              @Nullable Digest config,
              AuditEvent.@Nullable UncleanStop unclean) -> {
        word("action", action);
        word("version", version);
        sentence("detail", detail);
        digest("build_digest", build);
        digest("config_digest", config);
        if (unclean != null) {
          number("entries", unclean.entries());
          number("open_calls", unclean.openCalls());
          number("torn_bytes", unclean.tornBytes());
        }
      }
      case AuditEvent.LogEvent(
              String action,
              @Nullable String detail,
              @Nullable KeyHandover handover) -> {
        word("action", action);
        sentence("detail", detail);
        handover(handover);
      }
      case AuditEvent.KeyChange(String action, String keyId, String name, String actor) -> {
        word("action", action);
        word("key_id", keyId);
        put("name", new Sealed(OPERATOR, name));
        put("actor", new Sealed(OPERATOR, actor));
      }
      case AuditEvent.Session(
              String action,
              String session,
              String tenant,
              String principal,
              @Nullable String reason) -> {
        word("action", action);
        word("session", session);
        word("tenant", tenant);
        put("principal", new Sealed(tenant, principal));
        word("reason", reason);
      }
      case AuditEvent.SecretChange(String action, String secret, String tenant, String actor) -> {
        word("action", action);
        word("secret", secret);
        word("tenant", tenant);
        put("actor", new Sealed(tenant, actor));
      }
      case AuditEvent.VaultState(
              String action,
              String vault,
              long epoch,
              @Nullable Digest manifest,
              @Nullable Digest previous,
              @Nullable String detail) -> {
        word("action", action);
        word("vault", vault);
        number("epoch", epoch);
        digest("manifest", manifest);
        digest("previous", previous);
        sentence("detail", detail);
      }
      case AlertRaised(
              String alert,
              String severity,
              String subject,
              long count,
              long seconds,
              long lastIndex) -> {
        word("alert", alert);
        word("severity", severity);
        word("subject", subject);
        number("count", count);
        number("window_s", seconds);
        number("last_index", lastIndex);
      }
      case Approval(
              String action,
              String tool,
              CallRef call,
              @Nullable String decider,
              @Nullable String method,
              @Nullable Digest shown) -> {
        word("action", action);
        word("tool", tool);
        call(call);
        put("decider", decider == null ? null : new Sealed(call.tenant(), decider));
        word("method", method);
        digest("shown_digest", shown);
      }
      case AuditAccess(
              String action,
              String tenant,
              String actor,
              @Nullable String subject,
              long from,
              long count) -> {
        word("action", action);
        word("tenant", tenant);
        put("actor", new Sealed(tenant, actor));
        word("subject", subject);
        number("from", from);
        number("count", count);
      }
      case ConfigChange(
              @Nullable Digest before,
              Digest after,
              String actor,
              List<String> keys,
              String outcome) ->
          change(before, after, actor, keys, outcome);
      case PolicyChange(
              @Nullable Digest before,
              Digest after,
              String actor,
              List<String> keys,
              String outcome) ->
          change(before, after, actor, keys, outcome);
      case DoctorResult(String occasion, boolean sound, List<DoctorResult.Control> controls) -> {
        word("occasion", occasion);
        put("sound", Clear.flag(sound));
        put("controls", Clear.table(controls, DoctorResult.MAX_CONTROLS));
      }
      case EgressEvent(
              String action,
              CallRef call,
              String method,
              String host,
              int port,
              @Nullable String path,
              @Nullable String address,
              int status,
              long sent,
              long received,
              @Nullable String code) -> {
        word("action", action);
        call(call);
        word("method", method);
        put("host", new Hmac(GuardedField.HOST, call.tenant(), host));
        number("port", port);
        put("path", path == null ? null : new Hmac(GuardedField.PATH, call.tenant(), path));
        put("address", address == null ? null : new Hmac(GuardedField.ADDRESS, "", address));
        number("status", status);
        number("sent_bytes", sent);
        number("received_bytes", received);
        word("code", code);
      }
    }
  }

  /** Public keys, in full: whoever verifies the log goes on with them. */
  private void handover(@Nullable KeyHandover handover) {
    if (handover instanceof KeyHandover(String vkey, String oldVkey, long until)) {
      sentence("vkey", vkey);
      sentence("old_vkey", oldVkey);
      number("until", until);
    }
  }

  /** A tool's name is the operator's word, but one that there is not is the caller's. */
  private static Field tool(String tool, CallRef call, Phase phase) {
    boolean unknown =
        phase instanceof Phase.Denied denied
            && denied.code().equals(ProblemCode.TOOL_UNKNOWN.code());
    return unknown ? new Hmac(GuardedField.UNKNOWN_TOOL, call.tenant(), tool) : Clear.word(tool);
  }

  /** Principals are counted as {@code tenant/name}, addresses as they are. */
  private static Field limited(String tier, String key) {
    int slash = key.indexOf('/');
    return tier.equals("principal") && slash >= 0
        ? new Sealed(key.substring(0, slash), key.substring(slash + 1))
        : new Hmac(GuardedField.ADDRESS, "", key);
  }

  private void change(
      @Nullable Digest before, Digest after, String actor, List<String> keys, String outcome) {
    digest("old_digest", before);
    digest("new_digest", after);
    put("actor", new Sealed(OPERATOR, actor));
    put("keys", Clear.words(keys, ConfigChange.MAX_KEYS));
    word("outcome", outcome);
  }

  private void call(CallRef ref) {
    switch (ref) {
      case CallRef(
              String callId,
              String tenant,
              String principal,
              @Nullable String session,
              @Nullable Digest plan,
              @Nullable String version) -> {
        word("callId", callId);
        word("tenant", tenant);
        put("principal", new Sealed(tenant, principal));
        word("session", session);
        digest("plan_digest", plan);
        word("policy_version", version);
      }
    }
  }

  private void phase(Phase phase) {
    word("phase", phase.getClass().getSimpleName());
    switch (phase) {
      case Phase.Authorized(String decisionId) -> word("decision_id", decisionId);
      case Phase.Denied(String code, @Nullable String rule) -> {
        word("code", code);
        sentence("rule", rule);
      }
      case Phase.NotRun(String code) -> word("code", code);
      case Phase.Completed(
              String status,
              @Nullable Integer exitCode,
              long stdout,
              long stderr,
              long millis,
              Digest output,
              List<String> limits) -> {
        word("status", status);
        put("exit_code", exitCode == null ? null : Clear.number(exitCode));
        number("stdout_bytes", stdout);
        number("stderr_bytes", stderr);
        number("duration_ms", millis);
        digest("output_digest", output);
        put("limits", limits.isEmpty() ? null : Clear.words(limits, MAX_LIMITS));
      }
      case Phase.Relayed relayed -> relayed(relayed);
      case Phase.OutcomeUnknown() -> {
        // There is nothing more to say about it.
      }
    }
  }

  /** Taken apart, so that a member more does not compile. */
  private void relayed(Phase.Relayed phase) {
    switch (phase) {
      case Phase.Relayed(
              String status,
              @Nullable Integer httpStatus,
              @Nullable String model,
              long requestBytes,
              long responseBytes,
              @Nullable Long inputTokens,
              @Nullable Long outputTokens,
              long millis,
              Digest response) -> {
        word("status", status);
        put("http_status", httpStatus == null ? null : Clear.number(httpStatus));
        word("model", model);
        number("request_bytes", requestBytes);
        number("response_bytes", responseBytes);
        put("input_tokens", inputTokens == null ? null : Clear.number(inputTokens));
        put("output_tokens", outputTokens == null ? null : Clear.number(outputTokens));
        number("duration_ms", millis);
        digest("response_digest", response);
      }
    }
  }

  private void put(String name, @Nullable Field field) {
    if (field != null) {
      fields.put(name, field);
    }
  }

  private void word(String name, @Nullable String value) {
    put(name, value == null ? null : Clear.word(value));
  }

  private void sentence(String name, @Nullable String value) {
    put(name, value == null ? null : Clear.sentence(value));
  }

  private void number(String name, long value) {
    put(name, Clear.number(value));
  }

  private void digest(String name, @Nullable Digest value) {
    put(name, value == null ? null : new Digested(value));
  }
}
