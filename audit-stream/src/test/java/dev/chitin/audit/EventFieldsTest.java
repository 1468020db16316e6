package dev.chitin.audit;

import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.entries;
import static dev.chitin.audit.Events.soon;
import static dev.chitin.audit.Events.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of each kind of event comes into its entry, and as what. */
class EventFieldsTest {
  private static final Digest DIGEST = Digest.ofUtf8("x");
  private static final Set<String> COMMON =
      Set.of(
          "v",
          "uid",
          "time",
          "seq",
          "node",
          "boot",
          "kind",
          "class_uid",
          "activity_id",
          "type_uid",
          "severity_id",
          "status_id");

  @TempDir Path temporary;

  private AuditSettings settings() {
    return AuditSettings.of(temporary.resolve("log"), "n1", "0").withSegmentBytes(1 << 20);
  }

  /** Every kind and phase, with {@code s} wherever a text may stand. */
  static List<AuditEvent> events(String s) {
    var call = new CallRef(s, s, s, s, DIGEST, s);
    return Stream.<AuditEvent>concat(
            Stream.of(
                    new Phase.Authorized(s),
                    new Phase.Denied(s, s),
                    new Phase.Denied("tool.unknown", s),
                    new Phase.NotRun(s),
                    new Phase.Completed(s, 0, 1, 2, 3, DIGEST, List.of(s)),
                    new Phase.OutcomeUnknown())
                .map(phase -> new AuditEvent.ToolExecution(s, true, call, phase)),
            Stream.of(
                new AuditEvent.CredentialAccess(s, false, s, s, call, s),
                new AuditEvent.AuthFailure(s, s, s, s, 1),
                new AuditEvent.RateLimitExceeded("principal", s + "/" + s, 1, 2, 3),
                new AuditEvent.RateLimitExceeded("address", s, 1, 2, 3),
                new AuditEvent.Lifecycle(
                    s, s, s, DIGEST, DIGEST, new AuditEvent.UncleanStop(1, 2, 3)),
                new AuditEvent.LogEvent(s, s, new AuditEvent.KeyHandover(s, s, 1)),
                new AuditEvent.KeyChange(s, s, s, s),
                new AuditEvent.Session(s, s, s, s, s),
                new AuditEvent.SecretChange(s, s, s, s),
                new AuditEvent.VaultState(s, s, 1, DIGEST, DIGEST, s),
                new AlertRaised(s, s, s, 1, 2, 3),
                new Approval(s, s, call, s, s, DIGEST),
                new AuditAccess(s, s, s, s, 1, 2),
                new ConfigChange(DIGEST, DIGEST, s, Collections.nCopies(100, s), s),
                new PolicyChange(DIGEST, DIGEST, s, Collections.nCopies(100, s), s),
                new DoctorResult(
                    s,
                    true,
                    Stream.iterate(0, i -> i + 1)
                        .limit(100)
                        .map(i -> new DoctorResult.Control(i + s, s))
                        .toList()),
                new EgressEvent(s, call, s, s, 1, s, s, 2, 3, 4, s)))
        .toList();
  }

  private static void append(DurableAuditLog log, AuditEvent event) {
    if (event instanceof AuditEvent.ToolExecution e && e.phase() instanceof Phase.Authorized) {
      await(log.authorize(e, soon()));
    } else {
      await(log.append(event, soon()));
    }
  }

  @Test
  void everyKindHasItsCommonMembersAndIdsOfItsClass() {
    List<AuditEvent> events = events("a text");
    assertThat(events.stream().map(Object::getClass).distinct())
        .hasSize(AuditEvent.class.getPermittedSubclasses().length);
    try (var log = DurableAuditLog.open(settings())) {
      log.sealWith(new TestSealer(true));
      events.forEach(event -> append(log, event));
      List<Obj> entries = entries(log.reader());
      assertThat(entries).hasSize(events.size());
      for (int i = 0; i < entries.size(); i++) {
        Obj entry = entries.get(i);
        assertThat(entry.members().keySet()).containsAll(COMMON);
        assertThat(text(entry, "kind")).isEqualTo(events.get(i).kind());
        assertThat(number(entry, "seq")).isEqualTo(i);
        assertThat(number(entry, "type_uid"))
            .isEqualTo(number(entry, "class_uid") * 100 + number(entry, "activity_id"));
      }
    }
  }

  private static long number(Obj entry, String name) {
    return Long.parseLong(CanonicalJson.string(Objects.requireNonNull(entry.get(name))));
  }

  @Test
  void namesAreHashedAndSealedAndOpenOnlyWithTheirKeys() {
    var sealer = new TestSealer(true);
    try (var log = DurableAuditLog.open(settings())) {
      log.sealWith(sealer);
      await(log.append(Events.completed("c"), soon()));
      Obj entry = entries(log.reader()).getFirst();
      assertThat(text(entry, "principal")).startsWith("h1:");
      assertThat(CanonicalJson.string(entry)).doesNotContain("principal-1");
      Obj opened = new SealedFields(settings().origin(), sealer).open(entry);
      assertThat(text(opened, "principal")).isEqualTo("principal-1");
      assertThat(new SealedFields("another/log", sealer).open(entry).members()).isEmpty();
      assertThat(new SealedFields(settings().origin(), FieldSealer.NONE).open(entry).members())
          .isEmpty();
    }
  }

  @Test
  void whatOthersChoseAndCanBeGuessedIsNeverInClearByDefault() {
    String guessed = "guess-me";
    try (var log = DurableAuditLog.open(settings())) {
      log.sealWith(new TestSealer(true));
      var call = new CallRef("c", "t", guessed, null, DIGEST, "v");
      for (AuditEvent event :
          List.of(
              new AuditEvent.AuthFailure("r", "api_key", guessed, guessed, 1),
              new AuditEvent.RateLimitExceeded("principal", "t/" + guessed, 1, 2, 3),
              new AuditEvent.RateLimitExceeded("address", guessed, 1, 2, 3),
              new AuditEvent.KeyChange("create", "k", guessed, guessed),
              new AuditEvent.Session("open", "s", "t", guessed, null),
              new AuditEvent.SecretChange("put", "s", "t", guessed),
              new Approval("approved", "x", call, guessed, "http", DIGEST),
              new AuditAccess("query", "t", guessed, null, 0, 0),
              new ConfigChange(null, DIGEST, guessed, List.of(), "applied"),
              new EgressEvent("allowed", call, "GET", guessed, 1, guessed, guessed, 1, 1, 1, null),
              new AuditEvent.ToolExecution(
                  guessed, false, call, new Phase.Denied("tool.unknown", null)))) {
        await(log.append(event, soon()));
      }
      assertThat(entries(log.reader()))
          .hasSize(11)
          .allSatisfy(entry -> assertThat(CanonicalJson.string(entry)).doesNotContain(guessed));
    }
  }

  @Test
  void theOperatorMayHaveThemInClear() {
    try (var log = DurableAuditLog.open(settings().withClear(Set.of(GuardedField.values())))) {
      await(log.append(Events.completed("c"), soon()));
      await(log.append(new AuditEvent.AuthFailure("r", "m", "k", "192.0.2.1", 1), soon()));
      List<Obj> entries = entries(log.reader());
      assertThat(text(entries.getFirst(), "principal")).isEqualTo("principal-1");
      assertThat(text(entries.getLast(), "peer")).isEqualTo("192.0.2.1");
      assertThat(entries).allSatisfy(entry -> assertThat(entry.get("sealed")).isNull());
    }
  }

  @Test
  void withoutKeysTheEventIsRecordedAndTheNameWithheld() {
    try (var log = DurableAuditLog.open(settings())) {
      await(log.append(Events.completed("before"), soon()));
      log.sealWith(new TestSealer(false));
      await(log.append(Events.completed("unable"), soon()));
      assertThat(entries(log.reader()))
          .hasSize(2)
          .allSatisfy(
              entry -> assertThat(text(entry, "principal")).isEqualTo(FieldSealer.WITHHELD));
    }
  }

  @Test
  void aCallThatACrashLeftOpenKeepsItsHash() {
    String hash;
    try (var log = DurableAuditLog.open(settings())) {
      log.sealWith(new TestSealer(true));
      await(log.authorize(Events.authorized("open"), soon()));
      hash = text(entries(log.reader()).getFirst(), "principal");
    }
    try (var log = DurableAuditLog.open(settings())) {
      Obj last = entries(log.reader()).getLast();
      assertThat(text(last, "phase")).isEqualTo("OutcomeUnknown");
      assertThat(text(last, "principal")).isEqualTo(hash).startsWith("h1:");
      assertThat(last.get("sealed")).isNull();
    }
  }

  @Test
  void hostileTextsInEveryFieldGiveOneBoundedCanonicalEntryEach() {
    List<String> hostile =
        List.of(
            "line\r\nbreak",
            "\u001b[31mred",
            "nul\u0000",
            "]]>",
            "\u202Eevil",
            "lone \uD800 high",
            "\u0001".repeat(1 << 20),
            "\uD83D\uDE00".repeat(1 << 16),
            "");
    int appended = 0;
    try (var log = DurableAuditLog.open(settings().withClear(Set.of(GuardedField.values())))) {
      for (String s : hostile) {
        for (AuditEvent event : events(s)) {
          append(log, event);
          appended++;
        }
      }
      for (LogEntry entry : log.reader().read(0, 1_000)) {
        byte[] json = entry.json().borrow();
        assertThat(json.length).isLessThanOrEqualTo(32_768);
        assertThat(CanonicalJson.bytes(Events.parse(json))).isEqualTo(json);
        assertThat(new String(json, StandardCharsets.UTF_8)).doesNotContain("\u001b", "\n", "\0");
      }
      assertThat(log.reader().read(0, 1_000)).hasSize(appended);
    }
  }

  @Test
  void aUidTellsItsTime() {
    try (var log = DurableAuditLog.open(settings())) {
      await(log.append(Events.note("x"), soon()));
      Obj entry = entries(log.reader()).getFirst();
      String uid = entry.get("uid") instanceof Str text ? text.value() : "";
      long millis = Long.parseLong(uid.substring(0, 8) + uid.substring(9, 13), 16);
      assertThat(number(entry, "time")).isEqualTo(millis);
    }
  }
}
