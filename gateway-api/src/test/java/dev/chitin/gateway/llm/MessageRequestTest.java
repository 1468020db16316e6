package dev.chitin.gateway.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule on a request's frame, each with a request that breaks it and no other. */
class MessageRequestTest {
  private static final String USER = "{\"role\":\"user\",\"content\":\"Hi\"}";
  private static final String USE =
      "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"x\",\"input\":{}}]}";
  private static final String RESULT =
      "{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":\"1\"}";
  private static final JsonLimits LIMITS = new JsonLimits(64, 1_000_000, 64 << 20, 256, 100_000);

  private static ProviderSettings provider(Dialect dialect) {
    return new ProviderSettings(
        dialect,
        "https",
        "api.example",
        443,
        "",
        "provider",
        1_000,
        List.of("m", "claude-*", "n".repeat(200) + "*"),
        null,
        List.of(),
        1_000,
        1_000,
        1_000,
        null,
        null);
  }

  private static MessageRequest check(LlmRoute route, String body) {
    try {
      Dialect dialect =
          route == LlmRoute.CHAT || route == LlmRoute.RESPONSES
              ? Dialect.OPENAI
              : Dialect.ANTHROPIC;
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      JsonValue read = StrictJson.parse(bytes, LIMITS);
      return MessageRequest.check(route, provider(dialect), read, bytes.length);
    } catch (JsonSyntaxException e) {
      throw new AssertionError(body, e);
    }
  }

  private static Arguments anthropic(String messages, String more, String place) {
    return Arguments.of(
        LlmRoute.MESSAGES,
        "{\"model\":\"m\",\"max_tokens\":10,\"messages\":[%s]%s}".formatted(messages, more),
        place);
  }

  private static Arguments chat(String messages, String more, String place) {
    return Arguments.of(
        LlmRoute.CHAT, "{\"model\":\"m\",\"messages\":[%s]%s}".formatted(messages, more), place);
  }

  private static Arguments responses(String input, String place) {
    return Arguments.of(LlmRoute.RESPONSES, "{\"model\":\"m\",%s}".formatted(input), place);
  }

  private static Arguments plain(String body, String place) {
    return Arguments.of(LlmRoute.MESSAGES, body, place);
  }

  private static String user(String block) {
    return "{\"role\":\"user\",\"content\":[" + block + "]}";
  }

  /** A message that defines a tool in the middle of a conversation. */
  private static String defining(String tool) {
    return "{\"role\":\"system\",\"content\":[{\"type\":\"tool_addition\",\"tool\":{\"type\":\"tool_definition\",\"definition\":%s}}]}"
        .formatted(tool);
  }

  /** A tool of a provider's own that asks a model. */
  private static String asking(String type, String model, String more) {
    return "{\"type\":\"%s\",\"name\":\"advisor\",\"model\":%s%s}".formatted(type, model, more);
  }

  private static String model(String block) {
    return "{\"role\":\"assistant\",\"content\":[" + block + "]}";
  }

  /** A turn of the model without content, and {@code name} in its place. */
  private static String empty(String name, String value) {
    return "{\"role\":\"assistant\",\"content\":null,\"%s\":%s}".formatted(name, value);
  }

  private static String tokens(String value) {
    return "{\"model\":\"m\",\"max_tokens\":%s,\"messages\":[%s]}".formatted(value, USER);
  }

  private static String named(String model) {
    return "{\"model\":%s,\"max_tokens\":10,\"messages\":[%s]}".formatted(model, USER);
  }

  static Stream<Arguments> common() {
    String image = "A".repeat(Turns.IMAGE_CHARS + 1);
    return Stream.of(
        plain("[]", "body: "),
        plain(named("7"), "model: "),
        plain(named("\"\""), "model: "),
        plain(named("\"other\""), "model: "),
        plain(named("\"" + "n".repeat(257) + "\""), "model: "),
        plain(
            "{\"model\":\"m\",\"messages\":[" + USER + "]}", "max_tokens: max_tokens is required"),
        plain(tokens("0"), "max_tokens: max_tokens must be"),
        plain(tokens("1.5"), "max_tokens: max_tokens must be"),
        plain(tokens("\"9\""), "max_tokens: max_tokens must be"),
        plain(tokens("1001"), "max_tokens: max_tokens is 1001"),
        plain("{\"model\":\"m\",\"max_tokens\":1}", "messages: must be an array"),
        anthropic("", "", "messages: at least one"),
        anthropic((USER + ",").repeat(Turns.MOST) + USER, "", "messages: more than"),
        anthropic(USER, ",\"stream\":\"yes\"", "stream: "),
        anthropic("7", "", "messages.0: must be an object"),
        anthropic("{\"role\":\"system\",\"content\":\"x\"}", "", "messages.0.role"),
        anthropic(USER + ",{\"role\":\"tool\",\"content\":\"x\"}", "", "messages.1.role"),
        anthropic(USER + ",{\"role\":\"system\"}", "", "messages.1.content: "),
        anthropic(USER + ",{\"role\":\"system\",\"output_config\":{}}", "", "messages.1.content: "),
        anthropic(
            USER + "," + defining("{\"name\":\"a b\"}"),
            "",
            "messages.1.content.0.tool.definition.name"),
        anthropic("{\"role\":\"user\"}", "", "messages.0.content: "),
        anthropic("{\"role\":\"user\",\"content\":\"\"}", "", "messages.0.content: "),
        anthropic("{\"role\":\"user\",\"content\":[]}", "", "messages.0.content: "),
        anthropic("{\"role\":\"user\",\"content\":7}", "", "messages.0.content: "),
        anthropic(user("7"), "", "messages.0.content.0: must be an object"),
        anthropic(user("{\"text\":\"x\"}"), "", "messages.0.content.0.type"),
        anthropic(user("{\"type\":\"\"}"), "", "messages.0.content.0.type"),
        anthropic(
            user("{\"type\":\"image\",\"source\":{\"data\":\"" + image + "\"}}"),
            "",
            "messages.0.content.0.source.data"),
        anthropic(USER, ",\"fallbacks\":[7]", "fallbacks.0: must be an object"),
        anthropic(USER, ",\"fallbacks\":[{}]", "fallbacks.0.model: must be"),
        anthropic(USER, ",\"fallbacks\":[{\"model\":\"other\"}]", "fallbacks.0.model: is not one"),
        anthropic(
            USER,
            ",\"fallbacks\":[{\"model\":\"m\",\"max_tokens\":1001}]",
            "max_tokens: max_tokens is 1001"),
        anthropic(USER, ",\"fallbacks\":\"default\"", "fallbacks: must name its models"),
        anthropic(USER, ",\"tools\":{}", "tools: "),
        anthropic(USER, ",\"tools\":[7]", "tools.0: "),
        anthropic(USER, ",\"tools\":[{}]", "tools.0.name"),
        anthropic(USER, ",\"tools\":[{\"type\":\"custom\"}]", "tools.0.name"),
        anthropic(USER, ",\"tools\":[{\"type\":null}]", "tools.0.name"),
        anthropic(USER, ",\"tools\":[{\"type\":\"bash_1\",\"name\":\"a b\"}]", "tools.0.name"),
        anthropic(USER, ",\"tools\":[{\"name\":\"a b\"}]", "tools.0.name"),
        anthropic(USER, ",\"tools\":[{\"name\":\"" + "a".repeat(129) + "\"}]", "tools.0.name"),
        anthropic(USER, ",\"tools\":[{\"name\":\"a\"},{\"name\":\"a\"}]", "tools.1.name"));
  }

  static Stream<Arguments> anthropicTools() {
    return Stream.of(
        anthropic(
            user("{\"type\":\"tool_use\",\"id\":\"t\"}"), "", "messages.0.content.0: a tool_use"),
        anthropic(USE + "," + model(RESULT), "", "messages.1.content.0: a tool_result"),
        anthropic(model("{\"type\":\"tool_use\"}"), "", "messages.0.content.0.id"),
        anthropic(model("{\"type\":\"tool_use\",\"id\":\"\"}"), "", "messages.0.content.0.id"),
        anthropic(
            USE + "," + user("{\"type\":\"tool_result\"}"), "", "messages.1.content.0.tool_use_id"),
        anthropic(user(RESULT), "", "messages.0.content.0.tool_use_id: answers no"),
        anthropic(
            user(RESULT),
            ",\"thread\":{\"type\":\"create\"}",
            "messages.0.content.0.tool_use_id: answers no"),
        anthropic("", ",\"thread\":{\"type\":\"create\"}", "messages: at least one"),
        anthropic(
            model("{\"type\":\"text\",\"text\":\"x\"}") + "," + user(RESULT),
            ",\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"p\"}",
            "messages.1.content.0.tool_use_id: answers no"),
        anthropic(
            USE
                + ","
                + USER
                + ","
                + model("{\"type\":\"text\",\"text\":\"x\"}")
                + ","
                + user(RESULT),
            "",
            "messages.3.content.0.tool_use_id: answers no"));
  }

  static Stream<Arguments> modelsOfTools() {
    String other = asking("advisor_20260301", "\"other\"", "");
    String tools = ",\"tools\":[" + other + "]";
    String painter = asking("image_generation", "\"other\"", "");
    return Stream.of(
        anthropic(USER, tools, "tools.0.model: is not one"),
        anthropic(USER, tools.replace("\"other\"", "7"), "tools.0.model: must be"),
        anthropic(
            USER,
            ",\"tools\":[" + asking("advisor_20260301", "\"m\"", ",\"max_tokens\":1001") + "]",
            "max_tokens: max_tokens is 1001"),
        anthropic(
            USER + "," + defining(other), "", "messages.1.content.0.tool.definition.model: is not"),
        anthropic(
            user(
                "{\"type\":\"compaction\",\"content\":null,\"tool_changes\":[{\"type\":\"tool_addition\",\"tool\":{\"type\":\"tool_definition\",\"definition\":"
                    + other
                    + "}}]}"),
            "",
            "messages.0.content.0.tool_changes.0.tool.definition.model: is not"),
        Arguments.of(
            LlmRoute.COUNT_TOKENS,
            "{\"model\":\"m\",\"messages\":[" + USER + "]" + tools + "}",
            "tools.0.model: is not one"),
        responses("\"input\":\"x\",\"tools\":[" + painter + "]", "tools.0.model: is not one"),
        responses(
            "\"input\":\"x\",\"tools\":[{\"type\":\"namespace\",\"name\":\"n\",\"tools\":["
                + painter
                + "]}]",
            "tools.0.tools.0.model: is not one"),
        responses(
            "\"input\":[{\"type\":\"additional_tools\",\"role\":\"developer\",\"tools\":["
                + painter
                + "]}]",
            "input.0.tools.0.model: is not one"));
  }

  static Stream<Arguments> chat() {
    String image = "data:" + "A".repeat(Turns.IMAGE_CHARS);
    String spoke = "{\"role\":\"assistant\",\"content\":\"x\"}";
    String late = "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"x\"}";
    String call = "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\"}]}";
    return Stream.of(
        chat("", "", "messages: at least one"),
        chat("7", "", "messages.0: "),
        chat("{\"role\":\"robot\",\"content\":\"x\"}", "", "messages.0.role"),
        chat("{\"role\":\"user\"}", "", "messages.0.content"),
        chat("{\"role\":\"assistant\"}", "", "messages.0.content"),
        chat("{\"role\":\"assistant\",\"content\":7,\"refusal\":\"no\"}", "", "messages.0.content"),
        chat("{\"role\":\"function\",\"content\":7}", "", "messages.0.content"),
        chat(
            call + ",{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":7}",
            "",
            "messages.1.content"),
        chat(empty("tool_calls", "\"x\""), "", "messages.0.tool_calls: must be an array"),
        chat(empty("tool_calls", "[]"), "", "messages.0.content"),
        chat(empty("tool_calls", "null"), "", "messages.0.content"),
        chat(empty("function_call", "\"x\""), "", "messages.0.function_call: must be an object"),
        chat(empty("refusal", "7"), "", "messages.0.refusal: must be a string"),
        chat(empty("audio", "[]"), "", "messages.0.audio: must be an object"),
        chat("{\"role\":\"assistant\",\"tool_calls\":[7]}", "", "messages.0.tool_calls.0: "),
        chat("{\"role\":\"assistant\",\"tool_calls\":[{}]}", "", "messages.0.tool_calls.0.id"),
        chat(
            "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"x\"}",
            "",
            "messages.0.tool_call_id"),
        chat(call + ",{\"role\":\"tool\",\"content\":\"x\"}", "", "messages.1.tool_call_id"),
        chat(call + "," + USER + "," + spoke + "," + late, "", "messages.3.tool_call_id"),
        chat(
            user("{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + image + "\"}}"),
            "",
            "messages.0.content.0.image_url.url"),
        chat(USER, ",\"max_completion_tokens\":0", "max_tokens: max_completion_tokens must"),
        chat(USER, ",\"max_completion_tokens\":1001", "max_tokens: max_completion_tokens is"),
        chat(USER, ",\"max_tokens\":0", "max_tokens: max_tokens must"),
        chat(USER, ",\"max_tokens\":1001", "max_tokens: max_tokens is"),
        chat(USER, ",\"n\":0", "n: "),
        chat(USER, ",\"n\":129", "n: "),
        chat(USER, ",\"n\":\"2\"", "n: "),
        chat(USER, ",\"stream\":1", "stream: "),
        chat(USER, ",\"tools\":[{}]", "tools.0.type"),
        chat(USER, ",\"tools\":[{\"type\":\"function\"}]", "tools.0.function: "),
        chat(
            USER,
            ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"\"}}]",
            "tools.0.function.name"),
        chat(
            USER,
            ",\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"a b\"}}]",
            "tools.0.custom.name"),
        chat(
            USER,
            ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\"}},{\"type\":\"custom\",\"custom\":{\"name\":\"a\"}}]",
            "tools.1.custom.name"));
  }

  static Stream<Arguments> responses() {
    return Stream.of(
        responses("\"input\":\"\"", "input: must not be empty"),
        responses("\"input\":[]", "input: at least one"),
        responses("\"input\":7", "input: must be an array"),
        responses("\"store\":true", "input: is required"),
        responses("\"conversation\":null", "input: is required"),
        responses("\"prompt\":null", "input: is required"),
        responses("\"input\":null", "input: is required"),
        Arguments.of(
            LlmRoute.RESPONSES,
            "{\"prompt\":{\"id\":\"p\"}}",
            "model: is required beside a prompt"),
        Arguments.of(LlmRoute.RESPONSES, "{\"input\":\"x\"}", "model: must be the name"),
        responses("\"input\":[{\"id\":\"m\",\"role\":\"robot\"}]", "input.0.role"),
        responses(
            "\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c\"},{\"id\":\"fc_1\"}]",
            "input.0.call_id"),
        responses("\"input\":\"x\",\"background\":true", "background: "),
        responses("\"input\":\"x\",\"background\":\"true\"", "background: "),
        responses("\"input\":\"x\",\"background\":0", "background: "),
        responses("\"input\":\"x\",\"max_output_tokens\":0", "max_tokens: max_output_tokens must"),
        responses("\"input\":\"x\",\"max_output_tokens\":1001", "max_tokens: max_output_tokens is"),
        responses("\"input\":[7]", "input.0: "),
        responses("\"input\":[{\"type\":\"\"}]", "input.0.type"),
        responses("\"input\":[{\"role\":\"robot\",\"content\":\"x\"}]", "input.0.role"),
        responses("\"input\":[{\"role\":\"user\",\"content\":\"\"}]", "input.0.content"),
        responses("\"input\":[{\"role\":\"user\",\"content\":[]}]", "input.0.content"),
        responses(
            "\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c\",\"name\":\"f\"}]",
            "input.0.call_id"),
        responses("\"input\":[{\"type\":\"function_call_output\"}]", "input.0.call_id"),
        responses("\"input\":\"x\",\"tools\":[{}]", "tools.0.type"),
        responses(
            "\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"a b\"}]", "tools.0.name"),
        responses("\"input\":\"x\",\"tools\":[{\"type\":\"custom\"}]", "tools.0.name"),
        responses(
            "\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"a\"},{\"type\":\"function\",\"name\":\"a\"}]",
            "tools.1.name"));
  }

  @ParameterizedTest
  @MethodSource({"common", "anthropicTools", "modelsOfTools", "chat", "responses"})
  void aRequestThatBreaksOneRuleIsRefusedWithThePlace(LlmRoute route, String body, String place) {
    assertThatThrownBy(() -> check(route, body))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(ProblemCode.REQUEST_MALFORMED);
              assertThat(refused.problem().detail()).startsWith(place);
              assertThat(refused.problem().errors()).hasSize(1);
            });
  }

  @Test
  void theOtherRoutesOfTheMessagesApiHaveTheSameRules() {
    assertThatThrownBy(() -> check(LlmRoute.COUNT_TOKENS, "{\"model\":\"m\",\"messages\":[]}"))
        .hasMessageContaining("messages: ");
    assertThatThrownBy(() -> check(LlmRoute.COUNT_TOKENS, named("\"other\"")))
        .hasMessageContaining("model: ");
    // Nothing is written there, so no bound on it has to be named, and it costs nothing.
    assertThat(
            check(LlmRoute.COUNT_TOKENS, "{\"model\":\"m\",\"messages\":[" + USER + "]}").tokens())
        .isZero();
  }

  @Test
  void whatMayBeLeftOutCostsTheMostThereIs() {
    String chat = "{\"model\":\"m\",\"messages\":[" + USER + "]%s}";
    assertThat(check(LlmRoute.CHAT, chat.formatted("")).tokens()).isEqualTo(1_000);
    assertThat(check(LlmRoute.CHAT, chat.formatted(",\"max_tokens\":7")).tokens()).isEqualTo(7);
    assertThat(
            check(
                    LlmRoute.CHAT,
                    chat.formatted(",\"max_tokens\":7,\"max_completion_tokens\":9,\"n\":3"))
                .tokens())
        .isEqualTo(27);
    assertThat(check(LlmRoute.RESPONSES, "{\"model\":\"m\",\"input\":\"x\"}").tokens())
        .isEqualTo(1_000);
    MessageRequest streamed = check(LlmRoute.CHAT, chat.formatted(",\"stream\":true"));
    assertThat(streamed.streamed()).isTrue();
    assertThat(check(LlmRoute.CHAT, chat.formatted(",\"stream\":null")).streamed()).isFalse();
  }

  @Test
  void theDearestFallbackCounts() {
    String body = tokens("10").replace("}]}", "}],\"fallbacks\":[{\"model\":\"m\"%s}]}");
    assertThat(check(LlmRoute.MESSAGES, body.formatted("")).tokens()).isEqualTo(10);
    assertThat(check(LlmRoute.MESSAGES, body.formatted(",\"max_tokens\":500")).tokens())
        .isEqualTo(500);
  }

  @Test
  void whatModelsOfToolsMayWriteCountsToo() {
    String body = tokens("10").replace("}]}", "}],\"tools\":[%s]}");
    String advisor = asking("advisor_20260301", "\"claude-x\"", ",\"max_tokens\":500");
    assertThat(check(LlmRoute.MESSAGES, body.formatted(advisor)).tokens()).isEqualTo(510);
    String unbounded = advisor.replace("500", "null");
    assertThat(check(LlmRoute.MESSAGES, body.formatted(unbounded)).tokens()).isEqualTo(10);
  }

  @Test
  void messagesOfTheSystemMayStandInTheMiddle() {
    for (String message :
        List.of(
            "{\"role\":\"system\",\"content\":\"x\",\"clear_at\":\"next_user_message\"}",
            "{\"role\":\"system\",\"output_config\":{\"effort\":\"low\"}}",
            defining("{\"name\":\"mine\",\"input_schema\":{\"type\":\"object\"}}"))) {
      String turns = USER + "," + USE + "," + message + "," + user(RESULT) + "," + message;
      String body = "{\"model\":\"m\",\"max_tokens\":10,\"messages\":[" + turns + "]}";
      assertThat(check(LlmRoute.MESSAGES, body).model()).as(message).isEqualTo("m");
    }
  }

  @Test
  void whatStandsInThePlaceOfContentOrIsLeftEmptyPasses() {
    for (String turn :
        List.of(
            empty("tool_calls", "[{\"id\":\"c\"}]"),
            empty("function_call", "{\"name\":\"f\"}"),
            empty("refusal", "\"no\""),
            empty("audio", "{\"id\":\"a\"}"))) {
      String body = "{\"model\":\"m\",\"messages\":[" + USER + "," + turn + "]}";
      assertThat(check(LlmRoute.CHAT, body).model()).isEqualTo("m");
    }
    for (String background : List.of("false", "null")) {
      String body = "{\"model\":\"m\",\"input\":\"x\",\"background\":" + background + "}";
      assertThat(check(LlmRoute.RESPONSES, body).model()).isEqualTo("m");
    }
  }

  @Test
  void aModelThatSaidNothingIsToldSo() {
    String chat = "{\"model\":\"m\",\"messages\":[" + USER + ",%s," + USER + "]}";
    for (String turn :
        List.of(
            "{\"role\":\"assistant\",\"content\":\"\"}",
            "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[],\"reasoning_content\":\"r\"}")) {
      assertThat(check(LlmRoute.CHAT, chat.formatted(turn)).model()).as(turn).isEqualTo("m");
    }
    for (String item :
        List.of(
            "{\"role\":\"assistant\",\"content\":\"\"}",
            "{\"type\":\"message\",\"id\":\"m_1\",\"role\":\"assistant\",\"status\":\"completed\",\"content\":[]}")) {
      String body = "{\"model\":\"m\",\"input\":[" + USER + "," + item + "," + USER + "]}";
      assertThat(check(LlmRoute.RESPONSES, body).model()).as(item).isEqualTo("m");
    }
  }

  @Test
  void aToolMayTellWhatItWasNotAskedFor() {
    String output =
        "{\"type\":\"function_call_output\",\"call_id\":null,\"name\":\"f\",\"output\":\"x\"}";
    String body = "{\"model\":\"m\",\"input\":[" + USER + "," + output + "]}";
    assertThat(check(LlmRoute.RESPONSES, body).model()).isEqualTo("m");
  }

  @Test
  void whatIsNotKnownPasses() {
    String blocks = user("{\"type\":\"hologram\",\"deep\":[[7]]}") + "," + USE + "," + user(RESULT);
    String known =
        "{\"model\":\"claude-x\",\"max_tokens\":1000,\"messages\":["
            + blocks
            + "],\"tools\":[{\"type\":\"web_search_1\"}]}";
    assertThat(check(LlmRoute.MESSAGES, known).model()).isEqualTo("claude-x");
    String goesOn =
        "{\"model\":\"m\",\"previous_response_id\":\"r\",\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c\"}]}";
    assertThat(check(LlmRoute.RESPONSES, goesOn).tokens()).isEqualTo(1_000);
  }
}
