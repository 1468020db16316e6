package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess;
import dev.chitin.it.GatewayProcess.Json;
import java.net.http.HttpRequest;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A provider's credential that cannot be used is the gateway's own fault, and nothing is sent. */
class LlmCredentialTest {
  private static final String MESSAGES = "/v1/messages";
  private static final String CHAT = "/v1/chat/completions";

  private LlmStage stage;

  @BeforeEach
  void start() throws Exception {
    stage =
        LlmStage.start(
            ", \"tool_loop\": { \"tools\": [\"fs_read\"] }", ", " + GatewayProcess.HIGH_RATE);
  }

  @AfterEach
  void stop() {
    stage.close();
  }

  private void assertOwnFault(String code, String... inLog) throws Exception {
    LlmStage.Answer message = stage.post(MESSAGES, LlmStage.message("normal", ""));
    assertThat(message.error("type")).isEqualTo("api_error");
    HttpRequest request =
        stage
            .request(MESSAGES)
            .header("chitin-tool-loop", "on")
            .POST(HttpRequest.BodyPublishers.ofString(LlmStage.message("normal", "")))
            .build();
    LlmStage.Answer loop = stage.send(request);
    assertThat(loop.error("type")).isEqualTo("api_error");
    LlmStage.Answer chat = stage.post(CHAT, LlmStage.chat("normal", ""));
    assertThat(chat.error("type")).isEqualTo("server_error");
    for (LlmStage.Answer answer : List.of(message, loop)) {
      assertThat(answer.error("message"))
          .contains("the provider 'anthropic'", "providers.anthropic.credential");
    }
    assertThat(chat.error("message"))
        .contains("the provider 'openai'", "providers.openai.credential");
    for (LlmStage.Answer answer : List.of(message, loop, chat)) {
      assertThat(answer.status()).as(answer.text()).isEqualTo(502);
      JsonValue.Obj origin = Json.object(Json.object(answer.body(), "error"), "chitin");
      assertThat(Json.text(origin, "code")).isEqualTo("llm.provider_failed");
      List<String> entries =
          stage.audit().stream()
              .filter(entry -> entry.contains(answer.field("chitin-call-id")))
              .toList();
      assertThat(entries.getLast()).contains("\"phase\":\"NotRun\"").contains(code);
    }
    assertThat(stage.gateway().errors()).contains("the secret 'provider'", code).contains(inLog);
    assertThat(stage.provider().asked()).isEmpty();
  }

  @Test
  void oneThatIsGone() throws Exception {
    assertThat(stage.gateway().run("secret", "delete", "provider").exit()).isZero();
    assertOwnFault("vault.secret_unknown", "There is no secret of that name.");
  }

  @Test
  void oneThatIsBoundElsewhere() throws Exception {
    stage.put("provider", "bound-key-1234567890", "--host", "api.other.example");
    assertOwnFault("vault.lease_refused", "The secret is bound to another ");
  }

  @Test
  void oneThatCannotStandInAFieldOrIsTooShortToBeSearchedFor() throws Exception {
    stage.put("provider", "crlf-12345678901\r\nx-evil: 1");
    assertOwnFault("policy.credential_denied", "a byte that cannot stand in a header field");
    stage.put("provider", "short-key-1");
    assertOwnFault("policy.credential_denied", "shorter than 12 bytes");
    assertThat(stage.gateway().errors()).doesNotContain("crlf-1", "short-key");
    stage.put("provider", stage.secret());
    assertThat(stage.post(MESSAGES, LlmStage.message("normal", "")).status()).isEqualTo(200);
  }
}
