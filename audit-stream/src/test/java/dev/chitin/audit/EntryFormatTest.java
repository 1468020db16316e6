package dev.chitin.audit;

import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.soon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.export.EntryFormat;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries in the formats of other systems. */
class EntryFormatTest {
  /** RFC 5424 section 6, with one element of structured data. */
  private static final Pattern SYSLOG =
      Pattern.compile(
          "<(1[0-9]{2})>1 \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{3})?Z [!-~]{1,255} chitin"
              + " [!-~]{1,128} [!-~]{1,32} \\[chitin@32473((?: [!-<>-\\\\^-~]{1,32}=\"(?:[^\"\\\\\\]]++|\\\\[\"\\\\\\]])*+\")+)\\] \\uFEFF(.*)",
          Pattern.DOTALL);

  /** Objects that each class requires in OCSF 1.8.0, beyond those of all. */
  private static final Map<Long, Set<String>> REQUIRED =
      Map.ofEntries(
          Map.entry(1007L, Set.of("actor", "device", "process")),
          Map.entry(2003L, Set.of("compliance", "finding_info")),
          Map.entry(2004L, Set.of("finding_info")),
          Map.entry(3001L, Set.of("user")),
          Map.entry(3002L, Set.of("user")),
          Map.entry(3004L, Set.of("entity")),
          Map.entry(4002L, Set.of("src_endpoint", "dst_endpoint", "http_request")),
          Map.entry(5019L, Set.of("device")),
          Map.entry(6002L, Set.of("app")),
          Map.entry(6003L, Set.of("actor", "api", "src_endpoint")),
          Map.entry(6005L, Set.of("actor", "src_endpoint")));

  @TempDir Path temporary;

  private List<LogEntry> entries(String text) {
    try (var log =
        DurableAuditLog.open(
            AuditSettings.of(temporary.resolve("l" + text.hashCode()), "n1", "0")
                .withSegmentBytes(1 << 20)
                .withClear(Set.of(GuardedField.values())))) {
      for (AuditEvent event : EventFieldsTest.events(text)) {
        if (event instanceof AuditEvent.ToolExecution e
            && e.phase() instanceof AuditEvent.Phase.Authorized) {
          await(log.authorize(e, soon()));
        } else {
          await(log.append(event, soon()));
        }
      }
      return log.reader().read(0, 1_000);
    }
  }

  private static Obj parse(String json) {
    return Events.parse(json.getBytes(UTF_8));
  }

  private static Obj object(Obj object, String name) {
    return object.get(name) instanceof Obj member ? member : Obj.EMPTY;
  }

  private static long number(Obj object, String name) {
    return object.get(name) instanceof Int number ? number.value() : -1;
  }

  @Test
  void everyKindIsAnEventOfItsOcsfClass() {
    for (LogEntry entry : entries("a text")) {
      Obj event = parse(EntryFormat.OCSF.format(entry));
      long classUid = number(event, "class_uid");
      assertThat(event.members().keySet())
          .as(CanonicalJson.string(event))
          .contains(
              "metadata",
              "time",
              "class_uid",
              "category_uid",
              "activity_id",
              "type_uid",
              "severity_id",
              "status_id")
          .containsAll(REQUIRED.getOrDefault(classUid, Set.of("no such class")));
      assertThat(number(event, "type_uid"))
          .isEqualTo(classUid * 100 + number(event, "activity_id"));
      assertThat(number(event, "category_uid")).isEqualTo(classUid / 1_000);
      assertThat(number(event, "severity_id")).isBetween(1L, 5L);
      Obj metadata = object(event, "metadata");
      assertThat(Events.text(metadata, "version")).isEqualTo("1.8.0");
      assertThat(number(metadata, "sequence")).isEqualTo(entry.index());
      assertThat(CanonicalJson.string(object(event, "unmapped")))
          .isEqualTo(new String(entry.json().borrow(), UTF_8));
    }
  }

  @Test
  void hostileTextsStayInsideTheirSyslogParameter() {
    for (String hostile :
        List.of(
            "a\"] [evil@1 x=\"y\"] <34>1 - - - - - - ",
            "\\",
            "\\\"",
            "]]>",
            "line\r\n<34>1 forged",
            "\u001b[31m\u202Ered\u2028",
            "nul\u0000",
            "")) {
      for (LogEntry entry : entries(hostile)) {
        String line = EntryFormat.SYSLOG.format(entry);
        Matcher matcher = SYSLOG.matcher(line);
        assertThat(matcher.matches()).as(line).isTrue();
        assertThat(line.chars().filter(Character::isISOControl)).as(line).isEmpty();
        assertThat(line).doesNotContain("\u202E", "\u2028");
      }
    }
  }

  @Test
  void aSyslogValueIsReadBackAsItWas() {
    String hostile = "a\"b]c\\d";
    LogEntry entry =
        new LogEntry(
            7,
            Bytes.adopt(
                CanonicalJson.bytes(
                    JsonValue.object()
                        .put("kind", "x y]\"=")
                        .put("node", "n 1")
                        .put("time", 1_700_000_000_123L)
                        .put("severity_id", 5)
                        .put("we ird]\"=name", hostile)
                        .build())));
    String line = EntryFormat.SYSLOG.format(entry);
    assertThat(line)
        .startsWith("<106>1 2023-11-14T22:13:20.123Z n_1 chitin - x_y]\"= [chitin@32473");
    Matcher value = Pattern.compile(" we_ird___name=\"((?:[^\"\\\\\\]]|\\\\.)*)\"").matcher(line);
    assertThat(value.find()).isTrue();
    assertThat(value.group(1).replaceAll("\\\\(.)", "$1")).isEqualTo(hostile);
  }

  @Test
  void anOpenTelemetryRecordHasItsTimesAsStrings() {
    for (LogEntry entry : entries("a text")) {
      Obj logged = Events.parse(entry.json().borrow());
      Obj event = parse(EntryFormat.OTLP.format(entry));
      assertThat(Events.text(event, "timeUnixNano")).isEqualTo(number(logged, "time") + "000000");
      assertThat(Events.text(event, "eventName"))
          .isEqualTo("chitin." + Events.text(logged, "kind"));
      assertThat(number(event, "severityNumber")).isBetween(1L, 24L);
      assertThat(Events.text(object(event, "body"), "stringValue"))
          .isEqualTo(new String(entry.json().borrow(), UTF_8));
    }
  }
}
