package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess;
import dev.chitin.it.GatewayProcess.Json;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The vendors' own SDKs for Node as clients of the gateway: they see a provider. */
class NodeSdkTest {
  private static final String ANTHROPIC = "anthropic.mjs";
  private static final String OPENAI = "openai.mjs";
  private static final String TEXT = String.join("", FakeProvider.WORDS);

  private static NodeSdk sdk;
  private static LlmStage stage;

  @BeforeAll
  static void start() throws Exception {
    sdk = NodeSdk.orSkip();
    stage = LlmStage.start("", ", " + GatewayProcess.HIGH_RATE);
  }

  @AfterAll
  static void stop() {
    if (stage != null) {
      stage.close();
    }
  }

  private static JsonValue.Obj run(String script, String scenario) throws Exception {
    return sdk.run(script, scenario, stage.gateway().url(), stage.key());
  }

  @ParameterizedTest
  @ValueSource(strings = {ANTHROPIC, OPENAI})
  void createsAndStreams(String script) throws Exception {
    JsonValue.Obj seen = run(script, "create");
    assertThat(Json.text(seen, "text")).isEqualTo(TEXT);
    assertThat(seen.get("input")).isEqualTo(new JsonValue.Int(7));
    assertThat(Json.text(seen, "id")).isEqualTo("req_fake");
    assertThat(stage.provider().last().fields().toString()).doesNotContain(stage.key());
    seen = run(script, "stream");
    assertThat(Json.text(seen, "text")).isEqualTo(TEXT);
    assertThat(seen.get("output")).isEqualTo(new JsonValue.Int(5));
    assertThat(seen.get("words")).isEqualTo(new JsonValue.Int(FakeProvider.WORDS.size()));
    seen = run(script, "rest");
    assertThat(seen.get("models")).isEqualTo(JsonValue.Arr.ofStrings(List.of("normal")));
    assertThat(Json.text(seen, "model")).isEqualTo("normal");
    assertThat(Json.text(run(script, "current"), "text")).isEqualTo(TEXT);
    if (script.equals(OPENAI)) {
      seen = run(script, "responses");
      assertThat(Json.text(seen, "text")).isEqualTo(TEXT);
      assertThat(Json.text(seen, "streamed")).isEqualTo(TEXT);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {ANTHROPIC, OPENAI})
  void anAbortReachesTheProvider(String script) throws Exception {
    assertThat(run(script, "abort").get("aborted")).isEqualTo(new JsonValue.Bool(true));
    assertThat(stage.provider().left("endless").words()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {ANTHROPIC, OPENAI})
  void aStreamThatBreaksOffThrows(String script) throws Exception {
    JsonValue.Obj seen = run(script, "cut");
    assertThat(seen.get("words")).isEqualTo(JsonValue.Arr.ofStrings(List.of("Hello")));
    assertThat(Json.text(Json.object(seen, "error"), "name")).contains("Error");
    if (script.equals(OPENAI)) {
      assertThat(Json.object(run(script, "cutResponse"), "error").members()).isNotEmpty();
    }
  }

  private static void error(JsonValue.Obj seen, String which, String name, long status) {
    JsonValue.Obj error = Json.object(seen, which);
    assertThat(Json.text(error, "name")).as(which + " " + seen).isEqualTo(name);
    assertThat(error.get("status")).as(which).isEqualTo(new JsonValue.Int(status));
    assertThat(Json.text(error, "requestID")).as(which).startsWith("req_");
  }

  @ParameterizedTest
  @ValueSource(strings = {ANTHROPIC, OPENAI})
  void errorsAreTypedAndHaveARequestId(String script) throws Exception {
    JsonValue.Obj seen = run(script, "errors");
    error(seen, "rate-always", "RateLimitError", 429);
    error(seen, "broken", "InternalServerError", 500);
    error(seen, "unauthorized", "InternalServerError", 502);
    error(seen, "empty", "BadRequestError", 400);
    error(seen, "stranger", "AuthenticationError", 401);
    JsonValue.Obj stranger = Json.object(seen, "stranger");
    if (script.equals(OPENAI)) {
      assertThat(Json.text(stranger, "code")).isEqualTo("invalid_api_key");
    } else {
      assertThat(Json.text(stranger, "type")).isEqualTo("authentication_error");
      error(seen, "overloaded", "OverloadedError", 529);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {ANTHROPIC, OPENAI})
  void aRetryWaitsForAsLongAsItIsTold(String script) throws Exception {
    int before = stage.provider().asked().size();
    JsonValue.Obj seen = run(script, "retry");
    assertThat(Json.text(seen, "text")).isEqualTo(TEXT);
    assertThat(Json.number(seen, "waited")).isGreaterThanOrEqualTo(900);
    assertThat(stage.provider().asked()).hasSize(before + 2);
  }
}
