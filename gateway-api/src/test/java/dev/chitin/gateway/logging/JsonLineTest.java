package dev.chitin.gateway.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

class JsonLineTest {
  private final LoggerContext context = new LoggerContext();

  private LoggingEvent event(String message, @Nullable Throwable failure) {
    return new LoggingEvent(
        "fqcn", context.getLogger("dev.chitin.x"), Level.WARN, message, failure, null);
  }

  private static JsonValue.Obj parse(byte[] line) throws JsonSyntaxException {
    String text = new String(line, StandardCharsets.UTF_8);
    assertThat(text).endsWith("}\n");
    assertThat(text.substring(0, text.length() - 1).chars().anyMatch(Character::isISOControl))
        .isFalse();
    assertThat(text).doesNotContain("\u2028", "\u2029");
    return (JsonValue.Obj) StrictJson.parse(text.strip().getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whateverAMessageHoldsTheRecordIsOneLineOfJson() throws JsonSyntaxException {
    var hostile = new StringBuilder();
    for (char c = 0; c < 0xA0; c++) {
      hostile.append(c);
    }
    String text = hostile + "\u2028\u2029\"\\\r\n{\"level\":\"ERROR\"}\u001b[31m\ud83d\ude00";
    JsonValue.Obj record = parse(JsonLine.of(event(text, null)));
    assertThat(record.get("message")).isEqualTo(new JsonValue.Str(text));
    assertThat(record.get("level")).isEqualTo(new JsonValue.Str("WARN"));
    assertThat(record.get("logger")).isEqualTo(new JsonValue.Str("dev.chitin.x"));
    assertThat(record.members()).containsKeys("time", "thread");
  }

  @Test
  void halvesOfACharacterAreWrittenAsEscapes() {
    String line = new String(JsonLine.of(event("a\ud83db\ude00", null)), StandardCharsets.UTF_8);
    assertThat(line).contains("a\\ud83db\\ude00");
  }

  @Test
  void anExceptionWithLinesStaysWithinTheRecord() throws JsonSyntaxException {
    JsonValue.Obj record =
        parse(JsonLine.of(event("failed", new IllegalStateException("one\ntwo"))));
    assertThat(record.get("error"))
        .isInstanceOfSatisfying(
            JsonValue.Str.class,
            error -> assertThat(error.value()).contains("one\ntwo").contains("JsonLineTest"));
  }

  @Test
  void pairsStandAsMembers() throws JsonSyntaxException {
    LoggingEvent event = event("m", null);
    event.setKeyValuePairs(
        List.of(new KeyValuePair("status", 200), new KeyValuePair("route", "/v1/\"x\"")));
    JsonValue.Obj record = parse(JsonLine.of(event));
    assertThat(record.get("status")).isEqualTo(new JsonValue.Int(200));
    assertThat(record.get("route")).isEqualTo(new JsonValue.Str("/v1/\"x\""));
  }
}
