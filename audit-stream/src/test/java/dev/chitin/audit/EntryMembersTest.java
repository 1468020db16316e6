package dev.chitin.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found in an entry without reading all of it is what reading all of it finds. */
class EntryMembersTest {

  private static Optional<EntryMembers> of(String json) {
    return EntryMembers.of(new LogEntry(0, Bytes.adopt(json.getBytes(UTF_8))));
  }

  private static EntryMembers members(String json) {
    return of(json).orElseThrow();
  }

  @Test
  void membersOfEachType() {
    EntryMembers entry =
        members(
            "{\"a\":\"text\",\"b\":-12,\"c\":true,\"d\":{\"a\":\"inner\",\"x\":[1,\"}\"]},\"e\":null,"
                + "\"f\":\"\\\"quoted\\\" \\\\ \\u0001 é\",\"g\":1.5,\"h\":\"\"}");
    assertThat(entry.text("a")).isEqualTo("text");
    assertThat(entry.has("a", "text")).isTrue();
    assertThat(entry.has("a", "tex")).isFalse();
    assertThat(entry.number("b", 7)).isEqualTo(-12);
    assertThat(entry.flag("c")).isTrue();
    assertThat(entry.flag("a")).isFalse();
    assertThat(entry.text("f")).isEqualTo("\"quoted\" \\ \u0001 é");
    assertThat(entry.number("g", 7)).isEqualTo(7);
    assertThat(entry.number("a", 7)).isEqualTo(7);
    assertThat(entry.textOrNull("h")).isEmpty();
    assertThat(entry.textOrNull("b")).isNull();
    assertThat(entry.textOrNull("d")).isNull();
    assertThat(entry.textOrNull("x")).isNull();
    assertThat(entry.text("x")).isEmpty();
  }

  @Test
  void aTextThatLooksLikeMembersIsNone() {
    EntryMembers entry =
        members("{\"a\":\"\\\",\\\"kind\\\":\\\"AlertRaised\\\",\\\"b\\\":\\\"\",\"z\":1}");
    assertThat(entry.has("kind", "AlertRaised")).isFalse();
    assertThat(entry.number("z", 0)).isEqualTo(1);
  }

  @Test
  void anEmptyObjectHasNoMembers() {
    assertThat(members("{}").textOrNull("a")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "}",
        "[]",
        "1",
        "\"a\"",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":1}}",
        "{\"a\":\"}",
        "{\"a\":[1}",
        "{\"a:1}",
        "{a:1}",
        "{\"a\" :1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":\"\\\"}"
      })
  void whatIsNoObjectHasNone(String json) {
    Optional<EntryMembers> found = of(json);
    found.ifPresent(
        members -> {
          // What is found in it all the same must not be taken for a member that is there.
          assertThat(members.textOrNull("b")).isNull();
        });
    if (!json.startsWith("{\"a\":[1}") && !json.contains(" \"b\"")) {
      assertThat(found).isEmpty();
    }
  }

  /** Cut, changed and doubled bytes never lead beyond the entry, nor to what a reader denies. */
  @Test
  void spoiledEntriesAreReadOrRefused() throws JsonSyntaxException {
    String whole =
        "{\"allowed\":true,\"kind\":\"ToolExecution\",\"n\":12,\"sealed\":{\"p\":\"AA==\"},\"t\":\"a\\nb\"}";
    assertThat(CanonicalJson.string(StrictJson.parse(whole.getBytes(UTF_8)))).isEqualTo(whole);
    var random = new Random(20_260_101);
    for (int i = 0; i < 200_000; i++) {
      byte[] json = whole.getBytes(UTF_8);
      for (int k = random.nextInt(3); k >= 0; k--) {
        json[random.nextInt(json.length)] = (byte) random.nextInt(256);
      }
      Optional<EntryMembers> found = EntryMembers.of(new LogEntry(i, Bytes.adopt(json)));
      Optional<JsonValue.Obj> parsed = parsed(json);
      if (parsed.isPresent()
          && CanonicalJson.string(parsed.get()).equals(new String(json, UTF_8))) {
        assertThat(found).as(new String(json, UTF_8)).isPresent();
        parsed
            .get()
            .members()
            .forEach(
                (name, value) -> {
                  if (value instanceof JsonValue.Str text && name.matches("[a-z]+")) {
                    assertThat(found.orElseThrow().text(name)).isEqualTo(text.value());
                  }
                });
      } else {
        found.ifPresent(members -> members.text("t"));
      }
    }
  }

  private static Optional<JsonValue.Obj> parsed(byte[] json) {
    try {
      return StrictJson.parse(json) instanceof JsonValue.Obj object
          ? Optional.of(object)
          : Optional.empty();
    } catch (JsonSyntaxException e) {
      return Optional.empty();
    }
  }

  /** Texts are looked through eight bytes at a time. */
  @Test
  void escapesAreSeenWhereverTheyStand() {
    for (int length = 0; length < 40; length++) {
      for (int at = 0; at <= length; at++) {
        for (String odd : List.of("\"", "\\", "\\\"", "\n", "\u00e9", "#", "!")) {
          String text = "x".repeat(at) + odd + "y".repeat(length - at);
          JsonValue.Obj entry =
              JsonValue.object().put("a", text).put("b", 7).put("c", text).put("d", "z").build();
          EntryMembers found =
              EntryMembers.of(new LogEntry(0, Bytes.adopt(CanonicalJson.bytes(entry))))
                  .orElseThrow();
          assertThat(found.text("a")).isEqualTo(text);
          assertThat(found.number("b", 0)).isEqualTo(7);
          assertThat(found.text("c")).isEqualTo(text);
          assertThat(found.text("d")).isEqualTo("z");
        }
      }
    }
  }
}
