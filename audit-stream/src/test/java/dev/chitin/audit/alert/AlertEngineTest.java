package dev.chitin.audit.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AlertRaised;
import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.LogEntry;
import dev.chitin.audit.Story;
import dev.chitin.bus.Bytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which entries raise which alerts; time is the entries' own. */
class AlertEngineTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration DAY = Duration.ofHours(25);

  private final Story story = new Story();
  private final AlertEngine engine =
      new AlertEngine(AlertSettings.DEFAULT.withLeastFreeBytes(1 << 20));

  /** What the entries that were told raise. */
  private List<AlertRaised> raised() {
    var all = new ArrayList<AlertRaised>();
    story.told().forEach(entry -> all.addAll(engine.observe(entry)));
    return all;
  }

  private List<String> names() {
    return raised().stream().map(AlertRaised::alert).toList();
  }

  @Test
  void fiveWrongKeysOfOneAddressInAMinuteAreOneAlert() {
    for (int i = 0; i < 4; i++) {
      story.tell(Story.wrongKey(null, "192.0.2.1"));
      story.pass(SECOND);
    }
    assertThat(names()).isEmpty();
    LogEntry fifth = story.tell(Story.wrongKey(null, "192.0.2.1"));
    AlertRaised alert = raised().getFirst();
    assertThat(alert.alert()).isEqualTo("auth_failures_peer");
    assertThat(alert.severity()).isEqualTo("medium");
    assertThat(alert.subject()).startsWith("h1:address-").doesNotContain("192.0.2.1");
    assertThat(alert.count()).isEqualTo(5);
    assertThat(alert.windowSeconds()).isEqualTo(60);
    assertThat(alert.lastIndex()).isEqualTo(fifth.index());
    for (int i = 0; i < 30; i++) {
      story.tell(Story.wrongKey(null, "192.0.2.1"));
      story.pass(SECOND);
    }
    assertThat(names()).isEmpty();
    story.pass(Duration.ofSeconds(31));
    story.tell(Story.wrongKey(null, "192.0.2.1"));
    assertThat(names()).as("a new window").containsExactly("auth_failures_peer");
  }

  @Test
  void oneEntryMayStandForMany() {
    story.tell(new AuditEvent.AuthFailure("auth.invalid", "api_key", null, "192.0.2.1", 4));
    assertThat(names()).isEmpty();
    story.tell(Story.wrongKey(null, "192.0.2.1"));
    assertThat(raised().getFirst().count()).isEqualTo(5);
  }

  /** Each thread reads the clock before its entry waits for its turn in the log. */
  @Test
  void entriesWhoseTimesStandAgainstTheirOrderAreNoNewWindow() {
    for (int i = 0; i < 6; i++) {
      story.tell(Story.wrongKey(null, "192.0.2.1"));
      story.pass(Duration.ofMillis(i == 4 ? -1 : 0));
    }
    assertThat(names()).containsExactly("auth_failures_peer");
  }

  @Test
  void aClockThatWasPutBackSilencesNothing() {
    for (int i = 0; i < 5; i++) {
      story.tell(Story.wrongKey(null, "192.0.2.1"));
    }
    story.pass(Duration.ofHours(-1));
    for (int i = 0; i < 5; i++) {
      story.tell(Story.wrongKey(null, "192.0.2.1"));
    }
    assertThat(names()).containsExactly("auth_failures_peer", "auth_failures_peer");
  }

  @Test
  void fourWrongKeysAMinuteAreNone() {
    for (int i = 0; i < 240; i++) {
      story.tell(Story.wrongKey(null, "192.0.2.1"));
      story.pass(Duration.ofSeconds(15));
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void oneKeyThatIsTriedFromManyAddressesIsAnAlertOfItsOwn() {
    for (int i = 0; i < 6; i++) {
      story.tell(Story.wrongKey("key-1", "192.0.2." + i));
    }
    assertThat(names()).containsExactly("auth_failures_key");
  }

  @Test
  void aKeyThatIsTriedFromOneAddressIsTheAddressesAlert() {
    for (int i = 0; i < 6; i++) {
      story.tell(Story.wrongKey("key-1", "192.0.2.1"));
    }
    assertThat(names()).containsExactly("auth_failures_peer");
  }

  @Test
  void sprayingIsSeenInAll() {
    for (int i = 0; i < 60; i++) {
      story.tell(Story.wrongKey("key-" + i, "192.0.2." + i));
    }
    assertThat(names()).containsExactly("auth_failures_total");
  }

  @Test
  void requestsThatWereRefusedTogetherCountEach() {
    story.tell(Story.limited("192.0.2.1", 9));
    assertThat(names()).isEmpty();
    story.pass(Duration.ofMinutes(4));
    story.tell(Story.limited("192.0.2.1", 3));
    story.tell(Story.limited("192.0.2.1", 3));
    assertThat(names()).containsExactly("rate_limit_hits");
  }

  @Test
  void aBurstOfDenialsIsAnAlertByPrincipal() {
    for (int i = 0; i < 25; i++) {
      story.tell(Story.denied("a" + i, "alice"));
      story.tell(Story.denied("b" + i, i < 10 ? "bob" : "carol"));
    }
    assertThat(names()).containsExactly("denial_burst");
  }

  @Test
  void aSecretThatIsFoundIsCritical() {
    story.tell(Story.leak());
    story.tell(Story.leak());
    assertThat(raised())
        .singleElement()
        .satisfies(
            alert -> {
              assertThat(alert.alert()).isEqualTo("secret_found");
              assertThat(alert.severity()).isEqualTo("critical");
            });
  }

  @Test
  void aSecretOnItsWayToAModelIsAnAlertOfItsOwn() {
    story.tell(Story.leak("llm.prompt"));
    story.tell(Story.leak("llm.prompt"));
    story.tell(Story.leak("llm.tool_result"));
    assertThat(raised())
        .extracting(alert -> alert.alert() + " " + alert.severity() + " " + alert.subject())
        .containsExactly(
            "secret_in_prompt high llm.prompt", "secret_in_prompt high llm.tool_result");
  }

  @Test
  void firstUsesCountWhenWhoIsKnown() {
    story.request("1", "alice", "ask", "api", "a.example");
    story.pass(Duration.ofHours(1));
    story.request("2", "alice", "other", "api", "b.example");
    assertThat(names()).as("alice and api are being learned").isEmpty();
    story.pass(DAY);
    story.request("3", "alice", "ask", "api", "a.example");
    assertThat(names()).as("what is known").isEmpty();
    story.request("4", "alice", "third", "api", "c.example");
    assertThat(names())
        .containsExactly("new_tool", "credential_new_tool", "new_host", "credential_new_host");
    story.request("5", "alice", "third", "api", "c.example");
    assertThat(names()).as("a first use is one").isEmpty();
    story.tell(Story.authorized("6", "bob", "third"));
    assertThat(names()).as("bob is new himself").isEmpty();
  }

  @Test
  void aSecretIsSpokenOfWithWhatItsOwnCallReached() {
    story.request("1", "alice", "ask", "api", "a.example");
    story.request("2", "alice", "plain", "other", "b.example");
    story.pass(DAY);
    story.tell(Story.authorized("3", "alice", "plain"));
    story.tell(Story.reached("3", "alice", "b.example"));
    story.tell(Story.authorized("4", "alice", "ask"));
    story.tell(Story.used("4", "alice", "api"));
    assertThat(names()).isEmpty();
    story.tell(Story.reached("4", "alice", "b.example"));
    assertThat(raised())
        .singleElement()
        .satisfies(
            alert -> {
              assertThat(alert.alert()).isEqualTo("credential_new_host");
              assertThat(alert.subject()).startsWith("api h1:host-").doesNotContain("b.example");
            });
  }

  /** Sixteen secrets of a call are remembered, however often each is used. */
  @Test
  void oneSecretThatIsUsedOftenLeavesRoomForOthersOfItsCall() {
    story.request("c1", "alice", "fetch", "api", "a.example");
    story.request("c2", "alice", "fetch", "db", "a.example");
    story.pass(DAY);
    story.tell(Story.authorized("c3", "alice", "fetch"));
    for (int i = 0; i < 20; i++) {
      story.tell(Story.used("c3", "alice", "api"));
    }
    story.tell(Story.used("c3", "alice", "db"));
    story.tell(Story.reached("c3", "alice", "b.example"));
    assertThat(raised())
        .filteredOn(alert -> alert.alert().equals("credential_new_host"))
        .extracting(alert -> alert.subject().replaceAll(" .*", ""))
        .containsExactlyInAnyOrder("api", "db");
  }

  @Test
  void aSecretThatIsUsedFarMoreThanEverIsAnAlert() {
    learnVolume();
    for (int i = 0; i < 200; i++) {
      story.tell(Story.used("many", "alice", "api"));
    }
    assertThat(names()).containsExactly("credential_volume");
  }

  /** A day and more with 4 to 12 uses in five minutes. */
  private void learnVolume() {
    var random = new Random(1);
    for (int span = 0; span < 12 * 26; span++) {
      int uses = 4 + random.nextInt(9);
      for (int i = 0; i < uses; i++) {
        story.tell(Story.used("c" + span, "alice", "api"));
      }
      story.pass(Duration.ofMinutes(5));
    }
    assertThat(names()).isEmpty();
  }

  private void calls(int count) {
    for (int i = 0; i < count; i++) {
      story.tell(Story.authorized("c" + story.millis() + i, "alice", "fs_read"));
    }
  }

  @Test
  void farMoreCallsThanAPrincipalIsUsedToMakeAreOneAlert() {
    for (int span = 0; span < 12 * 26; span++) {
      calls(8 + span % 5);
      story.pass(Duration.ofMinutes(5));
    }
    assertThat(names()).as("its habit").isEmpty();
    calls(599);
    assertThat(names()).as("few in all").isEmpty();
    calls(200);
    assertThat(names()).containsExactly("call_volume");
  }

  @Test
  void manyCallsOfWhomNobodyKnowsYetAreNone() {
    calls(2_000);
    assertThat(names()).isEmpty();
  }

  @Test
  void aCallAtAnHourAtWhichItNeverCallsIsOneAlert() {
    for (int day = 0; day < 9; day++) {
      for (int hour = 0; hour < 8; hour++) {
        calls(3);
        story.pass(Duration.ofHours(1));
      }
      story.pass(Duration.ofHours(16));
    }
    assertThat(names()).as("days at the same hours").isEmpty();
    story.pass(Duration.ofHours(8));
    calls(1);
    assertThat(names()).as("an hour later than ever").isEmpty();
    story.pass(Duration.ofHours(5));
    calls(3);
    assertThat(names()).containsExactly("unusual_hour");
  }

  @Test
  void hoursAreLearnedForAWeek() {
    for (int day = 0; day < 5; day++) {
      calls(1);
      story.pass(Duration.ofHours(24));
    }
    story.pass(Duration.ofHours(12));
    calls(1);
    assertThat(names()).isEmpty();
  }

  @Test
  void aForgedDecisionIsCriticalAndALateOneIsNot() {
    story.tell(Story.invalid("c1", "alice", "decision.expired"));
    assertThat(names()).isEmpty();
    for (String rule :
        List.of("decision.mac", "decision.audience", "decision.plan", "decision.spent")) {
      story.tell(Story.invalid("c2", "alice", rule));
      AlertRaised alert = raised().getFirst();
      assertThat(alert.alert()).isEqualTo("decision_forged");
      assertThat(alert.severity()).isEqualTo("critical");
      story.tell(Story.invalid("c3", "alice", rule));
      assertThat(names()).as("once").isEmpty();
      story.pass(Duration.ofMinutes(6));
    }
  }

  private static final String HOME = "chitin.home";
  private static final String METADATA = "egress.address[metadata]";

  @Test
  void twoWaysOutOfTheSandboxAreAProbeAndOneIsAMistake() {
    story.tell(Story.denied("p1", "alice", "policy.path_denied", HOME));
    story.tell(Story.denied("p2", "bob", "policy.host_denied", METADATA));
    story.tell(Story.ended("p3", "carol", "signal 31"));
    assertThat(names()).as("one each").isEmpty();
    story.pass(Duration.ofMinutes(9));
    LogEntry second = story.tell(Story.ended("p4", "alice", "signal 31"));
    AlertRaised alert = raised().getFirst();
    assertThat(alert.alert()).isEqualTo("sandbox_probe");
    assertThat(alert.severity()).isEqualTo("high");
    assertThat(alert.count()).isEqualTo(2);
    assertThat(alert.windowSeconds()).isEqualTo(600);
    assertThat(alert.lastIndex()).isEqualTo(second.index());
    assertThat(alert.subject()).doesNotContain("alice");
    for (int i = 0; i < 5; i++) {
      story.tell(Story.ended("p5" + i, "alice", "signal 31"));
      story.tell(Story.denied("p6" + i, "alice", "policy.path_denied", HOME));
    }
    assertThat(names()).as("once in its window").isEmpty();
    story.tell(Story.closed("p7", "bob"));
    assertThat(names()).as("two of a kind").isEmpty();
    story.pass(Duration.ofMinutes(11));
    story.tell(Story.denied("p8", "carol", "policy.path_denied", "builtin.paths[/proc]"));
    assertThat(names()).as("the first is long ago").isEmpty();
  }

  @Test
  void fiveAttemptsOfOneKindAreAProbe() {
    for (int i = 0; i < 4; i++) {
      story.tell(Story.denied("a" + i, "alice", "policy.path_denied", "builtin.paths[~/.ssh]"));
      story.tell(Story.ended("b" + i, "bob", "signal 31"));
      story.tell(Story.closed("c" + i, "carol"));
    }
    assertThat(names()).isEmpty();
    story.tell(Story.denied("a5", "alice", "policy.path_denied", "builtin.write[.git/hooks]"));
    story.tell(Story.ended("b5", "bob", "signal 31"));
    story.tell(Story.closed("c5", "carol"));
    assertThat(names()).containsExactly("sandbox_probe", "sandbox_probe", "sandbox_probe");
  }

  @Test
  void whatToolsDoWhenTheyFailIsNoProbe() {
    for (int i = 0; i < 15; i++) {
      story.tell(Story.denied("a" + i, "alice", "policy.path_denied", "workspace.roots"));
      story.tell(Story.denied("b" + i, "bob", "policy.host_denied", "egress.address[loopback]"));
      story.tell(Story.denied("c" + i, "bob", "policy.no_permit", HOME));
      story.tell(Story.ended("d" + i, "alice", "signal 11"));
      story.tell(Story.ended("e" + i, "alice", "exit 31"));
      story.tell(Story.reached("f" + i, "alice", "a.example"));
      story.pass(Duration.ofSeconds(10));
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void aRequestThatItsSecretWasNotLeasedForIsOneAlert() {
    story.tell(Story.mismatched("m1", "alice"));
    story.tell(Story.mismatched("m2", "alice"));
    assertThat(names()).containsExactly("credential_mismatch");
  }

  @Test
  void aChangeOutsideItsHoursIsAnAlertWhereHoursAreSet() {
    var day = new ChangeHours(8, 18);
    AlertSettings d = AlertSettings.DEFAULT;
    var watched =
        new AlertEngine(
            new AlertSettings(5, 50, 10, 20, 5, 4, d.learning(), 0, Duration.ZERO, day, d.off()));
    // The story begins at 08:00 UTC.
    assertThat(story.millis() / 3_600_000 % 24).isEqualTo(8);
    assertThat(watched.observe(story.tell(Story.changed("alice")))).isEmpty();
    story.pass(Duration.ofHours(10));
    LogEntry late = story.tell(Story.changed("alice"));
    assertThat(watched.observe(late))
        .singleElement()
        .satisfies(alert -> assertThat(alert.alert()).isEqualTo("change_outside_hours"));
    assertThat(engine.observe(late)).as("no hours are set").isEmpty();
    var night = new ChangeHours(22, 6);
    assertThat(night.hold(Duration.ofHours(23).toMillis())).isTrue();
    assertThat(night.hold(Duration.ofHours(5).toMillis())).isTrue();
    assertThat(night.hold(Duration.ofHours(6).toMillis())).isFalse();
  }

  @Test
  void aNewKeyOfTheLogIsAnAlertAndItsOtherEventsAreNone() {
    for (String action : List.of("heartbeat", "pruned", "key_retired")) {
      story.tell(new AuditEvent.LogEvent(action, null));
    }
    assertThat(names()).isEmpty();
    story.tell(
        new AuditEvent.LogEvent("key_rotated", null, new AuditEvent.KeyHandover("n", "o", 1)));
    assertThat(names()).containsExactly("log_key_rotated");
  }

  @Test
  void anEventThatNeverCameIntoTheLogIsAGap() {
    story.tell(Story.leak());
    raised();
    story.lose(Story.limited("192.0.2.1", 1));
    for (int i = 0; i < 30; i++) {
      story.tell(Story.limited("192.0.2." + i, 1));
      story.pass(Duration.ofSeconds(10));
    }
    assertThat(raised())
        .singleElement()
        .satisfies(
            alert -> {
              assertThat(alert.alert()).isEqualTo("log_gap");
              assertThat(alert.count()).isEqualTo(1);
            });
  }

  @Test
  void eventsThatChangePlacesAreNoGap() {
    for (int i = 0; i < 3_000; i++) {
      story.tell(Story.limited("192.0.2." + i % 200, 0));
    }
    List<LogEntry> entries = new ArrayList<>(story.told());
    for (int i = 0; i + 1 < entries.size(); i += 2) {
      LogEntry first = entries.get(i);
      entries.set(i, entries.get(i + 1));
      entries.set(i + 1, first);
    }
    var off = EnumSet.of(AlertRule.RATE_LIMIT);
    var quiet =
        new AlertEngine(
            new AlertSettings(
                5, 50, 10, 20, 5, 4, Duration.ofHours(24), 0, Duration.ZERO, ChangeHours.ANY, off));
    entries.forEach(entry -> assertThat(quiet.observe(entry)).isEmpty());
    for (int i = 0; i < 5_000; i++) {
      story.lose(Story.limited("192.0.2.1", 1));
    }
    assertThat(quiet.observe(story.tell(Story.limited("192.0.2.1", 1))))
        .singleElement()
        .satisfies(alert -> assertThat(alert.alert()).isEqualTo("log_gap"));
  }

  @Test
  void wantOfSpaceAndALateWitnessAreAlertsOfTheLog() {
    var sound = new LogHealth(10, 1 << 21, 10, 10, true);
    assertThat(engine.look(sound, story.millis())).isEmpty();
    var full = new LogHealth(10, 1 << 19, 10, 10, true);
    assertThat(engine.look(full, story.millis()))
        .singleElement()
        .satisfies(alert -> assertThat(alert.alert()).isEqualTo("log_space"));
    assertThat(engine.look(full, story.millis() + 10_000)).isEmpty();
    var behind = new LogHealth(20, 1 << 21, 20, 10, true);
    assertThat(engine.look(behind, story.millis() + 20_000)).isEmpty();
    assertThat(engine.look(behind, story.millis() + 200_000)).isEmpty();
    assertThat(engine.look(behind, story.millis() + 330_000))
        .singleElement()
        .satisfies(alert -> assertThat(alert.alert()).isEqualTo("witness_lag"));
    assertThat(engine.look(behind, story.millis() + 340_000)).isEmpty();
    var nobody = new LogHealth(20, 1 << 21, 20, 0, false);
    assertThat(engine.look(nobody, story.millis() + 9_000_000)).isEmpty();
  }

  @Test
  void anHourOfNormalTrafficRaisesNothing() {
    learnVolume();
    story.request("first", "alice", "ask", "api", "a.example");
    story.pass(DAY);
    raised();
    var random = new Random(7);
    for (int second = 0; second < 3_600; second++) {
      String id = "n" + second;
      if (second % 36 == 0) {
        story.request(id, "alice", "ask", "api", "a.example");
      } else {
        story.tell(Story.authorized(id, "alice", "ask"));
        story.tell(Story.completed(id, "alice", "ask"));
      }
      if (random.nextInt(60) == 0) {
        story.tell(Story.denied("d" + second, "alice"));
      }
      if (random.nextInt(120) == 0) {
        story.tell(Story.wrongKey("key-" + random.nextInt(5), "192.0.2." + random.nextInt(20)));
      }
      if (second % 300 == 0) {
        story.tell(Story.limited("192.0.2.9", 2));
      }
      if (second % 900 == 0) {
        story.tell(Story.denied("h" + second, "alice", "policy.path_denied", HOME));
        story.tell(Story.changed("alice"));
      }
      assertThat(engine.look(new LogHealth(second, 1 << 30, second, 0, false), story.millis()))
          .isEmpty();
      story.pass(SECOND);
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void alertsAreNeverAboutAlerts() {
    var alert = new AlertRaised("secret_found", "critical", "log", 1, 300, 4);
    for (int i = 0; i < 1_000; i++) {
      story.tell(alert);
    }
    assertThat(names()).isEmpty();
    var leak = new String(story.tell(Story.leak()).json().toArray(), StandardCharsets.UTF_8);
    LogEntry disguised =
        new LogEntry(
            1_001,
            Bytes.adopt(
                leak.replace("\"kind\":\"CredentialAccess\"", "\"kind\":\"AlertRaised\"")
                    .getBytes(StandardCharsets.UTF_8)));
    assertThat(engine.observe(disguised)).isEmpty();
  }

  @Test
  void oneRuleCannotFloodTheLogWhateverSubjectsThereAre() {
    var quiet = new ArrayList<String>();
    for (int peer = 0; peer < 2_000; peer++) {
      for (int i = 0; i < 5; i++) {
        story.tell(Story.wrongKey(null, "peer-" + peer));
      }
    }
    quiet.addAll(names());
    assertThat(quiet.stream().filter("auth_failures_peer"::equals).count()).isEqualTo(Quiet.MOST);
    assertThat(engine.raised(AlertRule.AUTH_PEER)).isEqualTo(Quiet.MOST);
    assertThat(engine.suppressed()).isEqualTo(2_000 - Quiet.MOST);
  }

  @Test
  void aMillionPeersAreRememberedInBoundedMemory() {
    byte[] template = story.tell(Story.wrongKey(null, "peer-x")).json().toArray();
    String text = new String(template, StandardCharsets.UTF_8);
    String peer = text.replaceAll(".*\"peer\":\"([^\"]*)\".*", "$1");
    var counts = new SlidingCounts(60_000, CountRules.MOST_SUBJECTS);
    for (int i = 0; i < 1_000_000; i++) {
      counts.add("peer-" + i, 1, story.millis() + i);
      if (i % 20 == 0) {
        String other = text.replace(peer, "h1:" + i).replace("\"kind\"", "\"kind\"");
        engine.observe(new LogEntry(i, Bytes.adopt(other.getBytes(StandardCharsets.UTF_8))));
      }
    }
    assertThat(counts.size()).isEqualTo(CountRules.MOST_SUBJECTS);
    for (int i = 0; i < 1_000_000; i++) {
      engine.observe(
          i % 1_000 == 0
              ? story.tell(Story.authorized("c" + i, "p" + i, "t" + i))
              : new LogEntry(i, Bytes.adopt(template)));
    }
    assertThat(engine.size()).isLessThan(4 * (Habits.MOST_OWNERS + Habits.MOST_PAIRS) + 16_384);
  }

  @Test
  void habitsOutliveARestart() throws IOException {
    learnVolume();
    story.request("1", "alice", "ask", "api", "a.example");
    story.pass(DAY);
    raised();
    var bytes = new ByteArrayOutputStream();
    engine.write(new DataOutputStream(bytes));
    var next = new AlertEngine(AlertSettings.DEFAULT);
    next.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
    story.request("2", "alice", "ask", "api", "a.example");
    story.told().forEach(entry -> assertThat(next.observe(entry)).isEmpty());
    story.tell(Story.authorized("3", "alice", "new"));
    assertThat(next.observe(story.told().getFirst())).hasSize(1);
  }

  @Test
  void aClockThatWasPutBackBeginsAnew() {
    var counts = new SlidingCounts(60_000, 10);
    assertThat(counts.add("a", 4, 10_000_000)).isEqualTo(4);
    assertThat(counts.add("a", 1, 5_000_000)).isEqualTo(1);
    assertThat(counts.add("a", 1, 5_055_000)).isEqualTo(2);
    assertThat(counts.add("a", 1, 5_060_000)).as("the first is out").isEqualTo(2);
    assertThat(counts.add("a", 1, 900_000_000)).isEqualTo(1);
  }
}
