package dev.chitin.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.export.EntryFormat;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every event that there can be is one of its OCSF class, to the last attribute. */
class OcsfSchemaTest {
  private static final Digest DIGEST = Digest.ofUtf8("a plan");
  private static final CallRef CALL = new CallRef("c1", "t", "alice", "s1", DIGEST, "v");
  private static final CallRef EARLY = new CallRef("c1", "t", "alice", null, null, null);

  private static Stream<AuditEvent> calls(String text) {
    return Stream.<Phase>of(
            new Phase.Authorized("d"),
            new Phase.Denied("policy.path_denied", null),
            new Phase.NotRun("call.cancelled"),
            new Phase.Completed("exit 0", 0, 1, 2, 3, DIGEST),
            new Phase.Completed("signal 31", null, 1, 2, 3, DIGEST, List.of("cpu")),
            new Phase.Relayed("completed", 200, text, 1, 2, 3L, 4L, 5, DIGEST),
            new Phase.Relayed("timeout", null, null, 1, 2, null, null, 5, DIGEST),
            new Phase.OutcomeUnknown())
        .flatMap(
            phase ->
                Stream.of(
                    new AuditEvent.ToolExecution(text, true, CALL, phase),
                    new AuditEvent.ToolExecution(text, false, EARLY, phase)));
  }

  /** Each kind with each of its actions, and with what may be missing missing. */
  private static List<AuditEvent> events(String text) {
    List<AuditEvent> all = new ArrayList<>(EventFieldsTest.events(text));
    calls(text).forEach(all::add);
    for (String action : List.of("lease", "use", "refuse", "expire", "leak")) {
      all.add(new AuditEvent.CredentialAccess("api", true, action, "t", CALL, null));
      all.add(new AuditEvent.CredentialAccess("api", false, action, "t", null, "vault.x"));
    }
    for (String tier : List.of("address", "health", "principal")) {
      all.add(new AuditEvent.RateLimitExceeded(tier, text, 60, 10, 1));
    }
    all.add(new AuditEvent.AuthFailure("auth.invalid", "none", null, text, 1));
    for (String action : List.of("start", "stop", "recover")) {
      all.add(new AuditEvent.Lifecycle(action, "0.1.0", null));
    }
    for (String action :
        List.of("heartbeat", "segment_roll", "pruned", "key_rotated", "gap", "clock_step")) {
      all.add(new AuditEvent.LogEvent(action, null));
    }
    for (String action : List.of("create", "rotate", "revoke", "revoke_token", "restore_token")) {
      all.add(new AuditEvent.KeyChange(action, "k1", text, text));
    }
    for (String action : List.of("open", "close", "expire")) {
      all.add(new AuditEvent.Session(action, "s1", "t", text, null));
    }
    for (String action :
        List.of("put", "rotate", "delete", "prune", "enable", "disable", "export", "import")) {
      all.add(new AuditEvent.SecretChange(action, "api", "t", text));
    }
    for (String action :
        List.of(
            "vault.intent",
            "vault.committed",
            "vault.recovered",
            "vault.accepted",
            "vault.closed",
            "vault.rollback_detected",
            "vault.unlock_failed")) {
      all.add(new AuditEvent.VaultState(action, "00ff", 1, null, null, null));
    }
    for (String severity : List.of("low", "medium", "high", "critical")) {
      all.add(new AlertRaised("denial_burst", severity, text, 1, 60, 4));
    }
    for (String action : List.of("requested", "approved", "denied", "expired")) {
      all.add(new Approval(action, "fs_read", CALL, null, null, null));
    }
    for (String action : List.of("query", "stream", "shred")) {
      all.add(new AuditAccess(action, "t", text, null, 0, 0));
    }
    for (String outcome : List.of("applied", "config.invalid")) {
      all.add(new ConfigChange(null, DIGEST, text, List.of(), outcome));
      all.add(new PolicyChange(null, DIGEST, text, List.of(), outcome));
    }
    for (boolean sound : new boolean[] {true, false}) {
      all.add(new DoctorResult("start", sound, List.of()));
    }
    for (String action : List.of("allowed", "denied", "mismatched")) {
      for (String method :
          List.of(
              "CONNECT",
              "DELETE",
              "GET",
              "HEAD",
              "OPTIONS",
              "POST",
              "PUT",
              "TRACE",
              "PATCH",
              "PROPFIND")) {
        all.add(new EgressEvent(action, CALL, method, text, 443, null, null, 0, 0, 0, null));
        all.add(new EgressEvent(action, CALL, method, text, 443, "/", text, 200, 1, 2, "x.y"));
      }
    }
    return all;
  }

  private static List<Obj> exported(String text, boolean keys, Set<GuardedField> clear) {
    var encoder = new EntryEncoder("node-1", "boot-1", "chitin.test/log", clear);
    var sealer = new TestSealer(true);
    if (keys) {
      encoder.sealWith(sealer);
    }
    List<Obj> all = new ArrayList<>();
    for (AuditEvent event : events(text)) {
      EntryEncoder.Draft draft = EntryEncoder.draft(event);
      if (keys) {
        encoder
            .unready(draft)
            .forEach(
                who -> Events.await(sealer.prepare(who, Deadline.after(Duration.ofSeconds(5)))));
      }
      var entry = new LogEntry(all.size(), Bytes.adopt(encoder.encode(draft)));
      all.add(Events.parse(EntryFormat.OCSF.format(entry).getBytes(UTF_8)));
    }
    return all;
  }

  @Test
  void everyEventOfEveryKindIsSound() {
    for (String text : List.of("alice", "a\r\n\u001b[31m\u202e]]>", "", "x".repeat(5_000))) {
      for (boolean keys : new boolean[] {true, false}) {
        for (Set<GuardedField> clear :
            List.of(Set.<GuardedField>of(), Set.of(GuardedField.values()))) {
          for (Obj event : exported(text, keys, clear)) {
            assertThat(OcsfSchema.faults(event)).as(CanonicalJson.string(event)).isEmpty();
          }
        }
      }
    }
  }

  @Test
  void aFindingIsNewAndAnActionSucceedsOrFails() {
    for (Obj event : exported("alice", true, Set.of())) {
      if (event.get("category_uid") instanceof Int category && category.value() == 2) {
        assertThat(event.get("status_id")).as("its state, no success").isEqualTo(new Int(1));
      }
    }
  }

  /** The table finds what is wrong: without that the test above says nothing. */
  @Test
  void eachFaultIsFound() {
    Obj sound = exported("alice", true, Set.of()).getFirst();
    assertThat(OcsfSchema.faults(sound)).isEmpty();
    Map<String, JsonValue> wrong =
        Map.of(
            "class_uid", new Int(9_999),
            "type_uid", new Int(1),
            "activity_id", new Int(42),
            "category_uid", new Int(1),
            "severity_id", new JsonValue.Str("1"),
            "status_id", new Int(7),
            "actor", JsonValue.object().build(),
            "surprise", new Int(1),
            "src_endpoint", JsonValue.object().put("hostname", "h1:a_b").build());
    wrong.forEach(
        (name, value) -> {
          var members = new LinkedHashMap<>(sound.members());
          members.put(name, value);
          assertThat(OcsfSchema.faults(new Obj(members))).as(name).isNotEmpty();
        });
    for (String required : List.of("metadata", "time", "api", "actor", "src_endpoint")) {
      var members = new LinkedHashMap<>(sound.members());
      members.remove(required);
      assertThat(OcsfSchema.faults(new Obj(members))).as(required).isNotEmpty();
    }
  }
}
