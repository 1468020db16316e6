package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.GatewayProcess;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a request to a provider has to look like; what does not never gets there. */
class LlmValidationTest {
  private static final String MESSAGES = "/v1/messages";
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";
  private static final String USER = "{\"role\":\"user\",\"content\":\"Hi\"}";

  private static LlmStage stage;

  @BeforeAll
  static void start() throws Exception {
    stage =
        LlmStage.start(", \"models\": [\"normal\", \"claude-*\"]", ", " + GatewayProcess.HIGH_RATE);
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  private static String anthropic(String messages, String more) {
    return "{\"model\":\"normal\",\"max_tokens\":10,\"messages\":%s%s}".formatted(messages, more);
  }

  private static String chat(String messages, String more) {
    return "{\"model\":\"normal\",\"messages\":%s%s}".formatted(messages, more);
  }

  private static String input(String input, String more) {
    return "{\"model\":\"normal\",\"input\":%s%s}".formatted(input, more);
  }

  static Stream<Arguments> refused() {
    String toolUse =
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"x\",\"input\":{}}]}";
    String toolResult =
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"%s\",\"content\":\"1\"}]}";
    return Stream.of(
        Arguments.of(MESSAGES, anthropic("[]", ""), "messages: "),
        Arguments.of(MESSAGES, "{\"model\":\"normal\",\"max_tokens\":10}", "messages: "),
        Arguments.of(MESSAGES, anthropic("{}", ""), "messages: "),
        Arguments.of(
            MESSAGES, "{\"model\":\"normal\",\"messages\":[" + USER + "]}", "max_tokens: "),
        Arguments.of(
            MESSAGES,
            anthropic("[" + USER + "]", "").replace("\"max_tokens\":10", "\"max_tokens\":0"),
            "max_tokens: "),
        Arguments.of(
            MESSAGES,
            anthropic("[" + USER + "]", "").replace("\"max_tokens\":10", "\"max_tokens\":1001"),
            "max_tokens: "),
        Arguments.of(
            MESSAGES,
            anthropic("[" + USER + "]", "").replace("\"max_tokens\":10", "\"max_tokens\":1.5"),
            "max_tokens: "),
        Arguments.of(
            MESSAGES,
            anthropic("[" + USER + "]", "").replace("\"max_tokens\":10", "\"max_tokens\":\"9\""),
            "max_tokens: "),
        Arguments.of(
            MESSAGES, anthropic("[" + USER + "]", "").replace("normal", "other"), "model: "),
        Arguments.of(MESSAGES, "{\"max_tokens\":10,\"messages\":[" + USER + "]}", "model: "),
        Arguments.of(
            MESSAGES,
            anthropic("[{\"role\":\"system\",\"content\":\"x\"}]", ""),
            "messages.0.role"),
        Arguments.of(
            MESSAGES,
            anthropic("[{\"role\":\"user\",\"content\":\"\"}]", ""),
            "messages.0.content"),
        Arguments.of(
            MESSAGES, anthropic("[{\"role\":\"user\",\"content\":[]}]", ""), "messages.0.content"),
        Arguments.of(
            MESSAGES,
            anthropic("[{\"role\":\"user\",\"content\":[3]}]", ""),
            "messages.0.content.0"),
        Arguments.of(
            MESSAGES,
            anthropic("[{\"role\":\"user\",\"content\":[{\"text\":\"x\"}]}]", ""),
            "messages.0.content.0.type"),
        Arguments.of(MESSAGES, anthropic("[{\"role\":\"user\"}]", ""), "messages.0.content"),
        Arguments.of(
            MESSAGES,
            anthropic("[" + USER + "," + toolUse + "," + toolResult.formatted("t2") + "]", ""),
            "messages.2.content.0.tool_use_id"),
        Arguments.of(
            MESSAGES,
            anthropic("[" + toolResult.formatted("t1") + "]", ""),
            "messages.0.content.0.tool_use_id"),
        Arguments.of(
            MESSAGES,
            anthropic(
                "["
                    + USER
                    + ","
                    + toolUse
                    + ","
                    + toolResult.formatted("t1")
                    + ",{\"role\":\"assistant\",\"content\":\"ok\"},"
                    + toolResult.formatted("t1")
                    + "]",
                ""),
            "messages.4.content.0.tool_use_id"),
        Arguments.of(
            MESSAGES,
            anthropic("[" + USER + "]", ",\"tools\":[{\"name\":\"a b\",\"input_schema\":{}}]"),
            "tools.0.name"),
        Arguments.of(
            MESSAGES,
            anthropic("[" + USER + "]", ",\"tools\":[{\"name\":\"a\"},{\"name\":\"a\"}]"),
            "tools.1.name"),
        Arguments.of(MESSAGES, anthropic("[" + USER + "]", ",\"stream\":\"yes\""), "stream"),
        Arguments.of(MESSAGES, anthropic("[" + USER + "]", ",\"model\":\"normal\""), "body"),
        Arguments.of(
            MESSAGES,
            anthropic("[" + USER + "]", ",\"seed\":" + "1".repeat(65)),
            "body: cannot be read"),
        Arguments.of(
            MESSAGES, anthropic("[" + USER + "]", ",\"seed\":1e400"), "body: cannot be read"),
        Arguments.of(
            MESSAGES,
            anthropic("[" + USER + "]", "")
                .replace("\"max_tokens\":10", "\"max_tokens\":1234567890123456789"),
            "max_tokens: "),
        Arguments.of(MESSAGES, "[]", "body"),
        Arguments.of(MESSAGES, "{\"model\":", "body"),
        Arguments.of("/v1/messages/count_tokens", anthropic("[]", ""), "messages: "),
        Arguments.of(CHAT, chat("[]", ""), "messages: "),
        Arguments.of(CHAT, chat("[" + USER + "]", ",\"max_completion_tokens\":0"), "max_tokens: "),
        Arguments.of(CHAT, chat("[" + USER + "]", ",\"max_tokens\":1001"), "max_tokens: "),
        Arguments.of(CHAT, chat("[" + USER + "]", ",\"n\":0"), "n: "),
        Arguments.of(CHAT, chat("[{\"role\":\"robot\",\"content\":\"x\"}]", ""), "messages.0.role"),
        Arguments.of(CHAT, chat("[{\"role\":\"assistant\"}]", ""), "messages.0.content"),
        Arguments.of(
            CHAT,
            chat("[{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"x\"}]", ""),
            "messages.0.tool_call_id"),
        Arguments.of(
            CHAT,
            chat(
                "[" + USER + "]",
                ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"\"}}]"),
            "tools.0.function.name"),
        Arguments.of(RESPONSES, input("\"\"", ""), "input: "),
        Arguments.of(RESPONSES, input("[]", ""), "input: "),
        Arguments.of(RESPONSES, "{\"model\":\"normal\"}", "input: "),
        Arguments.of(RESPONSES, input("\"x\"", ",\"max_output_tokens\":5000"), "max_tokens: "),
        Arguments.of(RESPONSES, input("\"x\"", ",\"background\":true"), "background: "),
        Arguments.of(
            RESPONSES, input("[{\"role\":\"robot\",\"content\":\"x\"}]", ""), "input.0.role"),
        Arguments.of(
            RESPONSES,
            input("[{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"1\"}]", ""),
            "input.0.call_id"));
  }

  @ParameterizedTest
  @MethodSource
  void refused(String path, String body, String begins) throws Exception {
    int before = stage.provider().asked().size();
    LlmStage.Answer answer = stage.post(path, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("type")).isEqualTo("invalid_request_error");
    assertThat(answer.error("message")).startsWith(begins);
    assertThat(stage.provider().asked()).hasSize(before);
  }

  @Test
  void aRequestPassesByteForByteWithWhatIsNotKnown() throws Exception {
    String body =
        """
        { "z_new_field": {"b": 1, "a": [1.0, 1e2]},  "model":"claude-any", "max_tokens": 1e3,
          "seed": 9223372036854775807, "other": [-0, 0.10, 12345678901234567890123456789],
          "system": [{"type":"text","text":"S\\u00e9"}], "stream": false,
          "tools": [{"type":"web_search_20990101"}, {"name":"look","input_schema":{"type":"object"}}],
          "messages": [ {"role":"user","content":[{"type":"hologram","data":{"deep":[[[]]]}}]},
            {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"look","input":{}},
              {"type":"tool_use","id":"t2","name":"look","input":{"user":1234567890123456789}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":"2"}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"1"}]} ] }
        """;
    LlmStage.Answer answer = stage.post(MESSAGES, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.provider().last().body()).isEqualTo(body);
  }

  @Test
  void theOtherDialectsTakeCallsAndTheirAnswers() throws Exception {
    String chat =
        chat(
            """
            [{"role":"developer","content":"d"},{"role":"user","content":[{"type":"text","text":"x"}]},
             {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"c1","content":""}]""",
            ",\"seed\":7,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]");
    LlmStage.Answer answer = stage.post(CHAT, chat);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.provider().last().body()).isEqualTo(chat);
    String input =
        input(
            """
            [{"role":"user","content":"x"},{"type":"reasoning","id":"r","summary":[]},
             {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
             {"type":"function_call_output","call_id":"c","output":"1"}]""",
            "");
    answer = stage.post(RESPONSES, input);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.provider().last().body()).isEqualTo(input);
    answer =
        stage.post(
            RESPONSES,
            input(
                "[{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"1\"}]",
                ",\"previous_response_id\":\"resp_0\""));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
  }

  @Test
  void aBodyBeyondTheBoundOfToolCallsIsTakenAndOneBeyondItsOwnIsNot() throws Exception {
    String large =
        anthropic("[{\"role\":\"user\",\"content\":\"" + "x".repeat(3 << 20) + "\"}]", "");
    LlmStage.Answer answer = stage.post(MESSAGES, large);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.provider().last().body()).isEqualTo(large);
    answer = stage.post(MESSAGES, "x".repeat((32 << 20) + 1));
    assertThat(answer.status()).as(answer.text()).isEqualTo(413);
    assertThat(answer.error("type")).isEqualTo("request_too_large");
    assertThat(stage.gateway().metric("chitin_llm_bodies_bytes")).isZero();
  }

  @Test
  void fieldsAndQueriesOfAnotherFormAreRefused() throws Exception {
    String body = anthropic("[" + USER + "]", "");
    for (List<String> one :
        List.of(
            List.of("anthropic-version", "latest"),
            List.of("anthropic-beta", "a b c"),
            List.of("idempotency-key", "k".repeat(256)),
            List.of("accept", "a".repeat(256)))) {
      int before = stage.provider().asked().size();
      HttpRequest request =
          stage
              .request(MESSAGES)
              .header(one.getFirst(), one.getLast())
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      LlmStage.Answer answer = stage.send(request);
      assertThat(answer.status()).as(one + answer.text()).isEqualTo(400);
      assertThat(answer.error("type")).isEqualTo("invalid_request_error");
      assertThat(stage.provider().asked()).hasSize(before);
    }
    LlmStage.Answer answer = stage.post(MESSAGES + "?beta=%22a;b", body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("message")).startsWith("query: ");
    String deep = "[".repeat(65) + "]".repeat(65);
    answer = stage.post(MESSAGES, anthropic("[" + USER + "]", ",\"x\":" + deep));
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("message")).startsWith("body: cannot be read");
  }

  @Test
  void configurationsThatCannotHoldAreRefusedWithTheirKey() throws Exception {
    for (List<String> wrong :
        List.of(
            List.of("{ \"anthropic\": { \"max_tokens\": 5 } }", "providers.anthropic.credential"),
            List.of(
                "{ \"anthropic\": { \"credential\": \"p\", \"base_url\": \"http://api.example\" } }",
                "providers.anthropic.base_url"),
            List.of(
                "{ \"openai\": { \"credential\": \"p\", \"base_url\": \"http://10.0.0.1:80\" } }",
                "providers.openai.base_url"),
            List.of(
                "{ \"openai\": { \"credential\": \"p\", \"base_url\": \"https://u@api.example\" } }",
                "providers.openai.base_url"),
            List.of(
                "{ \"openai\": { \"credential\": \"p\", \"models\": [] } }",
                "providers.openai.models"),
            List.of(
                "{ \"openai\": { \"credential\": \"p\", \"models\": [\"a*b\"] } }",
                "providers.openai.models"),
            List.of(
                "{ \"openai\": { \"credential\": \"p\", \"tools\": [\"fs_read\"] } }",
                "providers.openai.tools"),
            List.of(
                "{ \"openai\": { \"credential\": \"p\", \"tool_loop\": {} } }",
                "providers.openai.tool_loop.tools"),
            List.of(
                "{ \"openai\": { \"credential\": \"p\", \"tool_loop\": { \"tools\": [\"fs_reed\"] } } }",
                "providers.openai.tool_loop.tools names 'fs_reed'"),
            List.of(
                "{ \"openai\": { \"credential\": \"p\", \"tool_loop\": { \"tools\": [\"fs_read\", \"fs.read\"] } } }",
                "one name"),
            List.of("{ \"antropic\": { \"credential\": \"p\" } }", "providers.anthropic"))) {
      Path home = GatewayProcess.home("\"providers\": " + wrong.getFirst());
      GatewayProcess.Result result =
          GatewayProcess.run(home, "".getBytes(StandardCharsets.US_ASCII), "serve", "--port", "0");
      assertThat(result.exit()).as(wrong.toString()).isEqualTo(2);
      assertThat(result.err()).contains(wrong.getLast());
      GatewayProcess.removeHome(home);
    }
  }
}
