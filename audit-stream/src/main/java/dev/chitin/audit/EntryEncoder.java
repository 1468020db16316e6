package dev.chitin.audit;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.log.Frame;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import dev.chitin.bus.json.StrictJson;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Writes an event as an entry: canonical JSON (RFC 8785) with the members that all entries share,
 * {@code v, uid, time, node, boot, kind}, those of the call where there is one, and its own.
 *
 * <p>{@code uid} is a UUIDv7 (RFC 9562), {@code time} milliseconds since 1970 as the clock was
 * read. Safe for use by several threads.
 */
final class EntryEncoder {
  private static final int VERSION = 1;
  private static final int MAX_LIMITS = 16;

  private final String node;
  private final String boot;

  EntryEncoder(String node, String boot) {
    this.node = node;
    this.boot = boot;
  }

  byte[] encode(AuditEvent event) {
    long now = System.currentTimeMillis();
    JsonValue.Builder entry =
        JsonValue.object()
            .put("v", VERSION)
            .put("uid", uuid7(now))
            .put("time", now)
            .put("node", node)
            .put("boot", boot)
            .put("kind", event.kind());
    members(entry, event);
    byte[] json = CanonicalJson.bytes(entry.build());
    if (json.length > Frame.MAX_ENTRY) {
      throw new IllegalStateException("an entry of " + json.length + " bytes: a bound is missing");
    }
    return json;
  }

  private static void members(JsonValue.Builder entry, AuditEvent event) {
    switch (event) {
      case AuditEvent.ToolExecution e -> {
        text(entry, "tool", e.tool());
        entry.put("allowed", e.allowed());
        call(entry, e.call());
        phase(entry, e.phase());
      }
      case AuditEvent.CredentialAccess e -> {
        if (e.call() != null) {
          call(entry, e.call());
        }
        text(entry, "provider", e.provider());
        entry.put("success", e.success());
        text(entry, "action", e.action());
        text(entry, "tenant", e.tenant());
        text(entry, "reason", e.reason());
      }
      case AuditEvent.AuthFailure e -> {
        text(entry, "reason", e.reason());
        text(entry, "method", e.method());
        text(entry, "key_id", e.keyId());
        text(entry, "peer", e.peer());
      }
      case AuditEvent.RateLimitExceeded e -> {
        text(entry, "tier", e.tier());
        text(entry, "key", e.key());
        number(entry, "requests_per_minute", e.requestsPerMinute());
        number(entry, "burst", e.burst());
        number(entry, "count", e.count());
      }
      case AuditEvent.Lifecycle e -> {
        text(entry, "action", e.action());
        text(entry, "version", e.version());
        text(entry, "detail", e.detail());
        digest(entry, "build_digest", e.build());
        digest(entry, "config_digest", e.config());
        if (e.unclean() != null) {
          number(entry, "entries", e.unclean().entries());
          number(entry, "open_calls", e.unclean().openCalls());
          number(entry, "torn_bytes", e.unclean().tornBytes());
        }
      }
      case AuditEvent.LogEvent e -> {
        text(entry, "action", e.action());
        text(entry, "detail", e.detail());
      }
      case AuditEvent.KeyChange e -> {
        text(entry, "action", e.action());
        text(entry, "key_id", e.keyId());
        text(entry, "name", e.name());
        text(entry, "actor", e.actor());
      }
      case AuditEvent.Session e -> {
        text(entry, "action", e.action());
        text(entry, "session", e.session());
        text(entry, "tenant", e.tenant());
        text(entry, "principal", e.principal());
        text(entry, "reason", e.reason());
      }
      case AuditEvent.SecretChange e -> {
        text(entry, "action", e.action());
        text(entry, "secret", e.secret());
        text(entry, "tenant", e.tenant());
        text(entry, "actor", e.actor());
      }
      case AuditEvent.VaultState e -> {
        text(entry, "action", e.action());
        text(entry, "vault", e.vault());
        number(entry, "epoch", e.epoch());
        digest(entry, "manifest", e.manifest());
        digest(entry, "previous", e.previous());
        text(entry, "detail", e.detail());
      }
      case AlertRaised e -> {
        text(entry, "alert", e.alert());
        text(entry, "severity", e.severity());
        text(entry, "subject", e.subject());
        number(entry, "count", e.count());
        number(entry, "window_s", e.windowSeconds());
        number(entry, "last_index", e.lastIndex());
      }
      case Approval e -> {
        text(entry, "action", e.action());
        text(entry, "tool", e.tool());
        call(entry, e.call());
        text(entry, "decider", e.decider());
        text(entry, "method", e.method());
        digest(entry, "shown_digest", e.shown());
      }
      case AuditAccess e -> {
        text(entry, "action", e.action());
        text(entry, "tenant", e.tenant());
        text(entry, "actor", e.actor());
        text(entry, "subject", e.subject());
        number(entry, "from", e.from());
        number(entry, "count", e.count());
      }
      case ConfigChange e ->
          change(entry, e.oldDigest(), e.newDigest(), e.actor(), e.keys(), e.outcome());
      case PolicyChange e ->
          change(entry, e.oldDigest(), e.newDigest(), e.actor(), e.keys(), e.outcome());
      case DoctorResult e -> {
        text(entry, "occasion", e.occasion());
        entry.put("sound", e.sound());
        JsonValue.Builder controls = JsonValue.object();
        e.controls().stream()
            .limit(DoctorResult.MAX_CONTROLS)
            .forEach(control -> text(controls, control.name(), control.verdict()));
        entry.put("controls", controls.build());
      }
      case EgressEvent e -> {
        text(entry, "action", e.action());
        call(entry, e.call());
        text(entry, "method", e.method());
        text(entry, "host", e.host());
        number(entry, "port", e.port());
        text(entry, "path", e.path());
        text(entry, "address", e.address());
        number(entry, "status", e.status());
        number(entry, "sent_bytes", e.sentBytes());
        number(entry, "received_bytes", e.receivedBytes());
        text(entry, "code", e.code());
      }
    }
  }

  private static void change(
      JsonValue.Builder entry,
      @Nullable Digest before,
      Digest after,
      String actor,
      List<String> keys,
      String outcome) {
    digest(entry, "old_digest", before);
    digest(entry, "new_digest", after);
    text(entry, "actor", actor);
    texts(entry, "keys", keys, ConfigChange.MAX_KEYS);
    text(entry, "outcome", outcome);
  }

  private static void texts(JsonValue.Builder entry, String name, List<String> values, int most) {
    entry.put(
        name,
        new JsonValue.Arr(
            values.stream()
                .limit(most)
                .<JsonValue>map(value -> new Str(BoundedText.of(value)))
                .toList()));
  }

  private static void digest(JsonValue.Builder entry, String name, @Nullable Digest value) {
    text(entry, name, value == null ? null : value.toString());
  }

  private static void call(JsonValue.Builder entry, CallRef call) {
    text(entry, "callId", call.callId());
    text(entry, "tenant", call.tenant());
    text(entry, "principal", call.principal());
    text(entry, "session", call.session());
    text(entry, "plan_digest", call.planDigest() == null ? null : call.planDigest().toString());
    text(entry, "policy_version", call.policyVersion());
  }

  private static void phase(JsonValue.Builder entry, Phase phase) {
    entry.put("phase", phase.getClass().getSimpleName());
    switch (phase) {
      case Phase.Authorized p -> text(entry, "decision_id", p.decisionId());
      case Phase.Denied p -> {
        text(entry, "code", p.code());
        text(entry, "rule", p.rule());
      }
      case Phase.NotRun p -> text(entry, "code", p.code());
      case Phase.Completed p -> {
        text(entry, "status", p.status());
        if (p.exitCode() != null) {
          entry.put("exit_code", p.exitCode());
        }
        number(entry, "stdout_bytes", p.stdoutBytes());
        number(entry, "stderr_bytes", p.stderrBytes());
        number(entry, "duration_ms", p.durationMillis());
        text(entry, "output_digest", p.outputDigest().toString());
        if (!p.limits().isEmpty()) {
          texts(entry, "limits", p.limits(), MAX_LIMITS);
        }
      }
      case Phase.Relayed p -> relayed(entry, p);
      case Phase.OutcomeUnknown p -> {
        // There is nothing more to say about it.
      }
    }
  }

  private static void relayed(JsonValue.Builder entry, Phase.Relayed p) {
    text(entry, "status", p.status());
    if (p.httpStatus() != null) {
      entry.put("http_status", p.httpStatus());
    }
    text(entry, "model", p.model());
    number(entry, "request_bytes", p.requestBytes());
    number(entry, "response_bytes", p.responseBytes());
    if (p.inputTokens() != null) {
      number(entry, "input_tokens", p.inputTokens());
    }
    if (p.outputTokens() != null) {
      number(entry, "output_tokens", p.outputTokens());
    }
    number(entry, "duration_ms", p.durationMillis());
    text(entry, "response_digest", p.responseDigest().toString());
  }

  private static void text(JsonValue.Builder entry, String name, @Nullable String value) {
    entry.put(name, value == null ? null : BoundedText.of(value));
  }

  /** Numbers that readers may not hold exactly are strings (RFC 8785 appendix D). */
  private static void number(JsonValue.Builder entry, String name, long value) {
    if (Math.abs(value) <= JsonValue.Int.MAX && value != Long.MIN_VALUE) {
      entry.put(name, value);
    } else {
      entry.put(name, Long.toString(value));
    }
  }

  /**
   * The event that closes the call which {@code authorized}, an entry of this log, had opened.
   *
   * @throws IllegalArgumentException when the bytes are no such entry
   */
  static AuditEvent.ToolExecution outcomeUnknown(byte[] authorized) {
    try {
      if (StrictJson.parse(authorized) instanceof Obj entry) {
        String plan = member(entry, "plan_digest");
        return new AuditEvent.ToolExecution(
            required(entry, "tool"),
            true,
            new CallRef(
                required(entry, "callId"),
                required(entry, "tenant"),
                required(entry, "principal"),
                member(entry, "session"),
                plan == null ? null : Digest.parse(plan),
                member(entry, "policy_version")),
            new Phase.OutcomeUnknown());
      }
      throw new IllegalArgumentException("an entry is an object");
    } catch (JsonSyntaxException e) {
      throw new IllegalArgumentException("an entry is JSON", e);
    }
  }

  private static String required(Obj entry, String name) {
    String value = member(entry, name);
    if (value == null) {
      throw new IllegalArgumentException("an authorization names its " + name);
    }
    return value;
  }

  private static @Nullable String member(Obj entry, String name) {
    return entry.get(name) instanceof Str text ? text.value() : null;
  }

  /** UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, 74 random bits. */
  static String uuid7(long millis) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = millis << 16 | 0x7000 | (random.nextLong() & 0x0FFF);
    long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low).toString();
  }
}
