package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.GatewayProcess;
import java.net.http.HttpRequest;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the vendors' current SDKs can say reaches the provider byte for byte. */
class CurrentRequestsTest {
  private static LlmStage stage;

  @BeforeAll
  static void start() throws Exception {
    stage = LlmStage.start("", ", " + GatewayProcess.HIGH_RATE);
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.chitin.it.llm.CurrentRequests#all")
  void passes(String feature, String path, String body) throws Exception {
    LlmStage.Answer answer = stage.post(path, body);
    assertThat(answer.status()).as(feature + ": " + answer.text()).isEqualTo(200);
    FakeProvider.Asked asked = stage.provider().last();
    assertThat(asked.body()).isEqualTo(body);
    assertThat(asked.target()).isEqualTo(path);
  }

  @Test
  void anEmptyListOfBetasIsNone() throws Exception {
    HttpRequest request =
        stage
            .request("/v1/messages?beta=true")
            .header("anthropic-beta", "")
            .POST(HttpRequest.BodyPublishers.ofString(LlmStage.message("normal", "")))
            .build();
    LlmStage.Answer answer = stage.send(request);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.provider().last().fields()).doesNotContainKey("anthropic-beta");
  }

  @ParameterizedTest
  @CsvSource({
    "claude-opus-5, 2026-10-21, x-api-key",
    "ft:gpt-4o-mini:org::id1, , authorization",
  })
  void oneModelIsLookedAt(String model, String version, String credential) throws Exception {
    String path = "/v1/models/" + model + (version == null ? "" : "?beta=true");
    HttpRequest.Builder request = stage.request(path).GET();
    if (version != null) {
      request.header("anthropic-version", version);
    }
    LlmStage.Answer answer = stage.send(request.build());
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.provider().last().target()).isEqualTo(path);
    assertThat(stage.provider().last().credential()).isEqualTo(credential);
  }

  @Test
  void aModelInThePathIsAPlainNameAndNoSecret() throws Exception {
    int before = stage.provider().asked().size();
    for (String name : List.of("a%20b", "a(b)", stage.secret(), "x".repeat(257))) {
      LlmStage.Answer answer = stage.send(stage.request("/v1/models/" + name).GET().build());
      assertThat(answer.status()).as(name + answer.text()).isEqualTo(400);
      assertThat(answer.error("message")).startsWith("model: ");
      assertThat(answer.text()).doesNotContain(stage.secret());
    }
    assertThat(stage.provider().asked()).hasSize(before);
  }
}
