package dev.chitin.vault.scrub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.vault.memory.SecretMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Isolated // It looks at what the whole process has of secret memory.
class LiveSecretsTest {

  private static MemorySegment bytes(String text) {
    return MemorySegment.ofArray(text.getBytes(UTF_8));
  }

  @Test
  void aLeakIsTakenOutToTheEndOfItsWordAndRaisesAnAlarm() {
    try (var live = new LiveSecrets()) {
      List<String> alarms = new ArrayList<>();
      live.onAlarm(alarms::add);
      String secret = "fake-secret-" + "x".repeat(300);
      live.remember("t a 1", bytes(secret));
      assertThat(live.clean("log", "token=" + secret + ", next"))
          .isEqualTo("token=[chitin:redacted], next");
      String basic = Base64.getEncoder().encodeToString(("user:" + secret).getBytes(UTF_8));
      assertThat(live.clean("answer", "Basic " + basic + " end"))
          .endsWith("[chitin:redacted] end")
          .doesNotContain(basic.substring(20, 40));
      assertThat(alarms).containsExactly("log", "answer");
      assertThat(live.alarms()).isEqualTo(2);
      String innocent = "nothing here";
      assertThat(live.clean("log", innocent)).isSameAs(innocent);
    }
  }

  @Test
  void nothingButTheSecretIsTakenOut() {
    try (var live = new LiveSecrets()) {
      String longer = "fake-secret-" + "é\n\"x".repeat(60) + "-the-end";
      live.remember("t a 1", bytes("fake-secret-1234"));
      live.remember("t b 1", bytes(longer));
      for (String rest : List.of("\\\"x\"", "\nline two", "/path", "é", "")) {
        assertThat(live.clean("log", "a fake-secret-1234" + rest))
            .isEqualTo("a [chitin:redacted]" + rest);
        assertThat(live.clean("log", "a " + longer + rest)).isEqualTo("a [chitin:redacted]" + rest);
        String escaped = longer.replace("\n", "\\n").replace("\"", "\\\"");
        assertThat(live.clean("log", "a " + escaped + rest))
            .isEqualTo("a [chitin:redacted]" + rest);
      }
      String begun = "fake-secret-" + "x".repeat(300);
      live.remember("t c 1", bytes(begun));
      assertThat(live.clean("log", begun.substring(0, 200) + "\\\" next"))
          .as("its end is not there")
          .isEqualTo("[chitin:redacted]\\\" next");
    }
  }

  static Stream<String> escapedInPart() {
    return Stream.of(
        "p\\u00e4ss-w\\u00F6rt-\\ud83d\\ude00-1234",
        "\\u0070äss-wört-😀-1234",
        "äss-p\\u00e4ss-w\\xf6rt-😀-1234",
        "p\\\\u00e4ss-wört-😀-\\u00312\\u00334",
        "p\\\\\\\\u00e4ss-wört-😀-1234",
        "päss-w%C3%b6rt-😀-1%3234",
        "p\\u00e4ss-w\\u0025C3%b6rt-😀-1234",
        "pÃ¤ss-wÃ¶rt-ð\u009f\u0098\u0080-1234",
        Base64.getEncoder().encodeToString("päss-wört-😀-1234".getBytes(UTF_8)));
  }

  @ParameterizedTest
  @MethodSource("escapedInPart")
  void aSecretIsFoundHoweverItsCharactersAreEscaped(String written) {
    try (var live = new LiveSecrets()) {
      live.remember("t a 1", bytes("päss-wört-😀-1234"));
      String text = "é\\n\\u00e9 {\"key\": \"" + written + "\", \"n\": \"100%25\\t\"}";
      assertThat(live.clean("log", text).replace("äss-[", "["))
          .isEqualTo("é\\n\\u00e9 {\"key\": \"[chitin:redacted]\", \"n\": \"100%25\\t\"}");
    }
  }

  @Test
  void whatIsNoEscapeIsNone() {
    try (var live = new LiveSecrets()) {
      live.remember("t a 1", bytes("fake-secret-1234"));
      for (String text :
          List.of(
              "\\", "\\u", "\\u12", "\\ud83d", "\\ud83d\\u0041", "\\x4", "%", "%4", "%zz", "\\q")) {
        assertThat(live.clean("log", text)).isSameAs(text);
        assertThat(live.clean("log", text + "fake-secret-1234" + text))
            .isEqualTo(text + "[chitin:redacted]" + text);
      }
    }
  }

  @Test
  void aSearchKnowsWhatOneRequestHasOfItsOwn() {
    try (var live = new LiveSecrets()) {
      List<String> alarms = new ArrayList<>();
      live.onAlarm(alarms::add);
      SecretSearch search = live.search(List.of("fake-key-of-a-client", "short"));
      long known = search.known();
      String text = "short fake-key-of-a-client fake-secret-1234";
      assertThat(search.without(text)).isEqualTo("short [chitin:redacted] fake-secret-1234");
      live.remember("t a 1", bytes("fake-secret-1234"));
      assertThat(search.known()).isGreaterThan(known);
      assertThat(search.without(text)).isEqualTo("short [chitin:redacted] [chitin:redacted]");
      assertThat(search.finds("nothing")).isFalse();
      assertThat(live.clean("log", "fake-key-of-a-client")).isEqualTo("fake-key-of-a-client");
      assertThat(alarms).isEmpty();
      search.report("place");
      assertThat(alarms).containsExactly("place");
    }
  }

  @Test
  void anAlarmThatLeaksItselfDoesNotRaiseAnother() {
    try (var live = new LiveSecrets()) {
      List<String> alarms = new ArrayList<>();
      live.onAlarm(place -> alarms.add(live.clean(place, "again fake-secret-1234")));
      live.remember("t a 1", bytes("fake-secret-1234"));
      live.clean("log", "fake-secret-1234");
      assertThat(alarms).containsExactly("again [chitin:redacted]");
    }
  }

  @Test
  void theOldestMakesRoomAndNoMemoryIsKept() {
    long before = SecretMemory.use().usedBytes();
    try (var live = new LiveSecrets()) {
      for (int i = 0; i <= LiveSecrets.MOST; i++) {
        live.remember("t s" + i + " 1", bytes("fake-secret-number-" + i + "-end"));
      }
      assertThat(live.knows("t s0 1")).isFalse();
      assertThat(live.clean("log", "fake-secret-number-0-end"))
          .isEqualTo("fake-secret-number-0-end");
      assertThat(live.clean("log", "fake-secret-number-256-end")).isEqualTo("[chitin:redacted]");
      live.forget("t s256 ");
      assertThat(live.clean("log", "fake-secret-number-256-end"))
          .isEqualTo("fake-secret-number-256-end");
    }
    assertThat(SecretMemory.use().usedBytes()).isEqualTo(before);
  }
}
