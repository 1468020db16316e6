package dev.chitin.audit;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Entries as the log has them, at times that a test says. */
public final class Story {
  private static final Digest PLAN = Digest.ofUtf8("a plan");

  private final EntryEncoder encoder =
      new EntryEncoder("node-1", "boot-1", "chitin.test/log", Set.of());
  private final TestSealer keys = new TestSealer(true);
  private final List<LogEntry> told = new ArrayList<>();
  private long index;
  private long millis = 1_800_000_000_000L;

  public Story() {
    encoder.sealWith(keys);
  }

  public long millis() {
    return millis;
  }

  public void pass(Duration time) {
    millis += time.toMillis();
  }

  /** The entries since the last call. */
  public List<LogEntry> told() {
    List<LogEntry> all = List.copyOf(told);
    told.clear();
    return all;
  }

  /** An event that is made and does not come into the log. */
  public void lose(AuditEvent event) {
    encoder.encode(event);
  }

  public LogEntry tell(AuditEvent event) {
    EntryEncoder.Draft draft = EntryEncoder.draft(event);
    encoder
        .unready(draft)
        .forEach(who -> Events.await(keys.prepare(who, Deadline.after(Duration.ofSeconds(1)))));
    var members = new LinkedHashMap<>(Events.parse(encoder.encode(draft)).members());
    members.put("time", new JsonValue.Int(millis));
    var entry = new LogEntry(index++, Bytes.adopt(CanonicalJson.bytes(new Obj(members))));
    told.add(entry);
    return entry;
  }

  public static AuditEvent wrongKey(@Nullable String keyId, String peer) {
    return new AuditEvent.AuthFailure("auth.invalid", "api_key", keyId, peer, 1);
  }

  public static AuditEvent limited(String key, long count) {
    return new AuditEvent.RateLimitExceeded("address", key, 60, 10, count);
  }

  private static CallRef call(String id, String principal) {
    return new CallRef(id, "default", principal, null, PLAN, "policy-1");
  }

  public static AuditEvent authorized(String id, String principal, String tool) {
    return new AuditEvent.ToolExecution(
        tool, true, call(id, principal), new Phase.Authorized("decision-" + id));
  }

  public static AuditEvent denied(String id, String principal) {
    return new AuditEvent.ToolExecution(
        "fs_read", false, call(id, principal), new Phase.Denied("policy.path_denied", "rule"));
  }

  public static AuditEvent denied(String id, String principal, String code, String rule) {
    return new AuditEvent.ToolExecution(
        "fs_read", false, call(id, principal), new Phase.Denied(code, rule));
  }

  /** A call that ran and ended with {@code status}. */
  public static AuditEvent ended(String id, String principal, String status) {
    return new AuditEvent.ToolExecution(
        "process_run", true, call(id, principal), new Phase.Completed(status, null, 1, 0, 3, PLAN));
  }

  /** A request whose host led to an address that is closed. */
  public static AuditEvent closed(String id, String principal) {
    return egress("denied", id, principal, "policy.host_denied");
  }

  /** A request that was not the one that its secret was leased for. */
  public static AuditEvent mismatched(String id, String principal) {
    return egress("mismatched", id, principal, "vault.lease_refused");
  }

  private static AuditEvent egress(String action, String id, String principal, String code) {
    return new EgressEvent(
        action, call(id, principal), "GET", "a.example", 443, "/", null, 0, 0, 0, code);
  }

  public static AuditEvent changed(String actor) {
    return new PolicyChange(null, PLAN, actor, List.of("policy.grants"), "applied");
  }

  public static AuditEvent invalid(String id, String principal, String rule) {
    return new AuditEvent.ToolExecution(
        "fs_read", false, call(id, principal), new Phase.Denied("policy.decision_invalid", rule));
  }

  public static AuditEvent completed(String id, String principal, String tool) {
    return new AuditEvent.ToolExecution(
        tool, true, call(id, principal), new Phase.Completed("succeeded", 0, 1, 0, 3, PLAN));
  }

  public static AuditEvent used(String id, String principal, String secret) {
    return new AuditEvent.CredentialAccess(
        secret, true, "use", "default", call(id, principal), null);
  }

  public static AuditEvent leak() {
    return leak("log");
  }

  public static AuditEvent leak(String place) {
    return new AuditEvent.CredentialAccess(place, false, "leak", "unknown", null, "internal");
  }

  public static AuditEvent reached(String id, String principal, String host) {
    return new EgressEvent(
        "allowed", call(id, principal), "GET", host, 443, "/", "192.0.2.1", 200, 0, 2, null);
  }

  /** All that one call with a secret leaves. */
  public void request(String id, String principal, String tool, String secret, String host) {
    tell(authorized(id, principal, tool));
    tell(used(id, principal, secret));
    tell(reached(id, principal, host));
    tell(completed(id, principal, tool));
  }
}
