package dev.chitin.gateway.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InputEstimateTest {
  private static final String CODE = "QUJD".repeat(16_000);

  private static long estimate(String body) throws JsonSyntaxException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return InputEstimate.of((JsonValue.Obj) StrictJson.parse(bytes), bytes.length);
  }

  @Test
  void textIsAQuarterOfItsBytes() throws JsonSyntaxException {
    String body = "{\"messages\":[{\"content\":\"" + "word ".repeat(1_000) + "\"}]}";
    assertThat(estimate(body)).isBetween(1_250L, 1_270L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"%s\"}}",
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,%s\"}}",
        "{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,%s\"}",
        "{\"type\":\"input_file\",\"file_data\":\"data:application/pdf;base64,%s\"}",
        "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"%s\",\"format\":\"wav\"}}"
      })
  void mediaAreFewTokensForManyCharacters(String part) throws JsonSyntaxException {
    String body = "{\"messages\":[{\"content\":[" + part.formatted(CODE) + "]}]}";
    assertThat(estimate(body)).isBetween(1_000L, 1_050L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"text\",\"text\":\"%s\"}",
        "{\"type\":\"document\",\"source\":{\"type\":\"text\",\"data\":\"%s\"}}",
        "{\"type\":\"text\",\"text\":\"data:%s\"}"
      })
  void aTextIsATextWhateverItLooksLike(String part) throws JsonSyntaxException {
    String body = "{\"messages\":[{\"content\":[" + part.formatted(CODE) + "]}]}";
    assertThat(estimate(body)).isGreaterThan(16_000);
  }
}
