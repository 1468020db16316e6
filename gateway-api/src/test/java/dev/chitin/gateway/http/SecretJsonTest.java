package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.SecretInput;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretJsonTest {

  private static String read(byte[] body) {
    try (var input = new SecretInput()) {
      var json = new SecretJson(input);
      for (byte b : body) {
        json.add(b);
      }
      json.end();
      try (SecretBytes secret = input.finish()) {
        return new String(
            secret.segment(SecretAccess.granted()).toArray(ValueLayout.JAVA_BYTE),
            StandardCharsets.UTF_8);
      }
    }
  }

  private static String read(String body) {
    return read(body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void theTextOfTheOneStringIsRead() {
    assertThat(read("{\"value\":\"fake-secret\"}")).isEqualTo("fake-secret");
    assertThat(read(" {\n\t\"value\" : \"fake\" }\r\n")).isEqualTo("fake");
    assertThat(read("{\"value\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}")).isEqualTo("\"\\/\b\f\n\r\t");
    assertThat(read("{\"value\":\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00 \u00e9\u20ac\"}"))
        .isEqualTo("A\u00e9\u20ac\ud83d\ude00 \u00e9\u20ac");
    assertThat(read("{\"value\":\"\"}")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{}",
        "[]",
        "\"fake\"",
        "{\"value\":1}",
        "{\"value\":null}",
        "{\"valu\":\"fake\"}",
        "{\"Value\":\"fake\"}",
        "{\"valuee\":\"fake\"}",
        "{\"\\u0076alue\":\"fake\"}",
        "{\"value\":\"fake\",}",
        "{\"value\":\"fake\",\"value\":\"x\"}",
        "{\"value\":\"fake\"} x",
        "{\"value\":\"fake\"}{",
        "{\"value\":\"fake",
        "{\"value\":\"fa\nke\"}",
        "{\"value\":\"\\x\"}",
        "{\"value\":\"\\u12g4\"}",
        "{\"value\":\"\\ud83d\"}",
        "{\"value\":\"\\ud83dx\"}",
        "{\"value\":\"\\ud83d\\n\"}",
        "{\"value\":\"\\ud83d\\u0041\"}",
        "{\"value\":\"\\ude00\"}"
      })
  void anythingElseIsRefusedWithoutShowingIt(String body) {
    assertThatThrownBy(() -> read(body))
        .hasMessageContaining("request.malformed")
        .hasMessageNotContaining("fake");
  }

  @Test
  void whatIsNotUtf8IsRefused() {
    for (int[] bytes :
        new int[][] {
          {0x80},
          {0xC0, 0x80},
          {0xC1, 0xBF},
          {0xE0, 0x80, 0x80},
          {0xED, 0xA0, 0x80},
          {0xC3},
          {0xF0, 0x80, 0x80, 0x80},
          {0xF4, 0x90, 0x80, 0x80},
          {0xF5, 0x80, 0x80, 0x80},
          {0xFF}
        }) {
      byte[] body = "{\"value\":\"----\"}".getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < bytes.length; i++) {
        body[10 + i] = (byte) bytes[i];
      }
      assertThatThrownBy(() -> read(body)).hasMessageContaining("request.malformed");
    }
  }

  @Test
  void oneByteMoreThanASecretMayHaveIsRefused() {
    String longest = "x".repeat(SecretBytes.MAX_BYTES);
    assertThat(read("{\"value\":\"" + longest + "\"}")).isEqualTo(longest);
    assertThatThrownBy(() -> read("{\"value\":\"" + longest + "x\"}"))
        .hasMessageContaining("request.too_large");
  }
}
