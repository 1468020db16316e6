package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.llm.Speech.Ask;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A model that may use the gateway's tools: what it may, what it may not, and what is on record.
 */
class ToolLoopTest {
  private static final String MESSAGES = LoopStage.MESSAGES;
  private static final String CHAT = LoopStage.CHAT;
  private static final String RESPONSES = LoopStage.RESPONSES;
  private static final String TEXT = String.join("", FakeProvider.WORDS);
  private static final String STREAM = ",\"stream\":true";

  private static LoopStage stage;

  @BeforeAll
  static void start() throws Exception {
    stage = LoopStage.start();
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  @ParameterizedTest
  @MethodSource("dev.chitin.it.llm.LoopStage#everyWay")
  void aToolIsRunBetweenTwoTurnsAndTheLastOneIsTheAnswer(String path, String more)
      throws Exception {
    String model = stage.asking(LoopStage.read("t1", "notes.txt"));
    LlmStage.Answer answer = stage.loop(path, model, more);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    String said = answer.text().replaceAll("(?m)^: tool loop\\n\\n", "");
    if (more.isEmpty()) {
      assertThat(said).contains(TEXT);
      assertThat(answer.field("chitin-loop-turns")).isEqualTo("2");
      assertThat(answer.field("chitin-loop-calls")).isEqualTo("1");
    } else {
      assertThat(answer.field("content-type")).startsWith("text/event-stream");
      assertThat(said).contains("Hello").doesNotContain("fs_read").doesNotContain("Looking.");
      assertThat(said.split("(?m)^data: ", -1)).hasSizeGreaterThan(FakeProvider.WORDS.size());
    }
    List<FakeProvider.Asked> asked = stage.asked(model);
    assertThat(asked).hasSize(2);
    assertThat(asked.getFirst().body())
        .contains("\"fs_read\"", "\"fs_list\"", "\"process_run\"")
        .doesNotContain("fs_write");
    assertThat(asked.getLast().body()).contains("seven green apples").contains("t1");
    assertThat(asked.getLast().fields()).doesNotContainKeys("idempotency-key", "chitin-tool-loop");
    assertThat(asked.getLast().credential()).isNotNull();
  }

  @Test
  void everyTurnAndEveryToolIsOnRecordBeforeItHappensAndNamesTheLoop() throws Exception {
    LlmStage.Answer answer =
        stage.loop(MESSAGES, stage.asking(LoopStage.read("t1", "notes.txt")), "");
    String call = answer.field("chitin-call-id");
    List<String> entries = stage.entries(answer);
    assertThat(LoopStage.phases(entries, call + "-1\"")).containsExactly("Authorized", "Relayed");
    assertThat(LoopStage.phases(entries, call + "-1-1\""))
        .containsExactly("Authorized", "Completed");
    assertThat(LoopStage.phases(entries, call + "-2\"")).containsExactly("Authorized", "Relayed");
    assertThat(entries.toString()).doesNotContain("apples");
    List<String> order =
        entries.stream().filter(e -> e.contains("\"phase\"")).map(ToolLoopTest::tool).toList();
    assertThat(order)
        .containsExactly(
            "llm.anthropic",
            "llm.anthropic",
            "fs_read",
            "fs_read",
            "llm.anthropic",
            "llm.anthropic");
  }

  private static String tool(String entry) {
    return entry.contains("\"llm.anthropic\"")
        ? "llm.anthropic"
        : entry.replaceAll(".*\"tool\":\"([^\"]+)\".*", "$1");
  }

  @ParameterizedTest
  @ValueSource(strings = {MESSAGES, CHAT, RESPONSES})
  void aDenialIsWhatTheModelIsTold(String path) throws Exception {
    String model =
        stage.asking(LoopStage.read("t1", "/etc/shadow"), LoopStage.read("t2", "nowhere.txt"));
    LlmStage.Answer answer = stage.loop(path, model, "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.told(model)).contains("policy.path_denied: ");
    assertThat(stage.told(model)).contains(path.equals(MESSAGES) ? "\"is_error\":true" : "error: ");
    String call = answer.field("chitin-call-id");
    assertThat(LoopStage.phases(stage.entries(answer), call + "-1-1\"")).containsExactly("Denied");
  }

  @ParameterizedTest
  @ValueSource(strings = {MESSAGES, CHAT, RESPONSES})
  void aToolThatIsNotOfferedIsNotRun(String path) throws Exception {
    String model =
        stage.asking(
            new Ask("t1", "fs_write", "{\"path\":\"made.txt\",\"content\":\"by a model\"}"));
    LlmStage.Answer answer = stage.loop(path, model, "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.told(model)).contains("not run: no tool of that name is offered.");
    assertThat(stage.llm().workspace().resolve("made.txt")).doesNotExist();
    assertThat(stage.entries(answer).toString()).doesNotContain("fs_write");
  }

  @Test
  void aCredentialReachesInTheLoopWhatItReachesElsewhere() throws Exception {
    String narrow = stage.key("narrow", "tools:read", "tools:call:fs_list", "llm:call");
    String model = stage.asking(LoopStage.read("t1", "notes.txt"));
    HttpRequest request = stage.request(MESSAGES, LoopStage.body(MESSAGES, model, ""), narrow);
    LlmStage.Answer answer = stage.llm().send(request);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.asked(model).getFirst().body())
        .contains("fs_list")
        .doesNotContain("fs_read\"");
    assertThat(stage.told(model))
        .contains("no tool of that name is offered")
        .doesNotContain("apples");
    for (List<String> scopes :
        List.of(
            List.of("llm:call"),
            List.of("llm:call", "tools:read"),
            List.of("llm:call", "tools:call"),
            List.of("llm:call", "tools:read", "tools:call:fs_write"))) {
      String key = stage.key("n" + LlmStage.random(), scopes.toArray(String[]::new));
      int before = stage.llm().provider().asked().size();
      answer =
          stage.llm().send(stage.request(MESSAGES, LoopStage.body(MESSAGES, "normal", ""), key));
      assertThat(answer.status()).as(scopes.toString()).isEqualTo(403);
      assertThat(answer.error("type")).isEqualTo("permission_error");
      assertThat(stage.llm().provider().asked()).hasSize(before);
    }
  }

  static Stream<Arguments> hostileArguments() {
    return Stream.of(
            Arguments.of("no json at all", "the arguments cannot be read"),
            Arguments.of("{\"path\":\"a\",\"path\":\"notes.txt\"}", "the arguments cannot be read"),
            Arguments.of("[\"notes.txt\"]", "they are no JSON object"),
            Arguments.of("{\"path\":\"notes.txt\"", "the arguments cannot be read"),
            Arguments.of("{\"path\":7}", "request.arguments_invalid"),
            Arguments.of("{\"path\":\"notes.txt\",\"mode\":\"x\"}", "request.arguments_invalid"))
        .flatMap(
            one ->
                Stream.of(MESSAGES, CHAT, RESPONSES)
                    .map(path -> Arguments.of(path, one.get()[0], one.get()[1])));
  }

  @ParameterizedTest
  @MethodSource
  void hostileArguments(String path, String arguments, String told) throws Exception {
    String model = stage.asking(new Ask("t1", "fs_read", arguments));
    // In the Messages API they are text in streams alone.
    LlmStage.Answer answer = stage.loop(path, model, STREAM);
    assertThat(answer.text()).as(answer.text()).contains("Hello");
    assertThat(stage.told(model)).contains(told).doesNotContain("apples");
    assertThat(stage.entries(answer).toString()).doesNotContain("fs_read");
  }

  @ParameterizedTest
  @ValueSource(strings = {MESSAGES, CHAT, RESPONSES})
  void theClientsOwnToolGoesToTheClientAndAMixedTurnIsAskedAgain(String path) throws Exception {
    String model = "mixed-" + LlmStage.random();
    Ask own = new Ask("mine-1", "mine", "{}");
    stage
        .llm()
        .provider()
        .script(
            model,
            "normal",
            List.of(List.of(LoopStage.read("t1", "notes.txt"), own), List.of(own)));
    LlmStage.Answer answer = stage.loop(path, model, LoopStage.ownTool(path));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.text()).contains("mine-1").doesNotContain("t1\"");
    assertThat(stage.asked(model)).hasSize(2);
    assertThat(stage.told(model)).contains("seven green apples").contains("answered by the client");
  }

  @ParameterizedTest
  @ValueSource(strings = {MESSAGES, CHAT, RESPONSES})
  void aToolOfTheClientUnderANameOfTheGatewaysIsRefused(String path) throws Exception {
    int before = stage.llm().provider().asked().size();
    LlmStage.Answer answer =
        stage.loop(path, "normal", LoopStage.ownTool(path).replace("\"mine\"", "\"fs_read\""));
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("message")).startsWith("tools.0.name: 'fs_read'");
    assertThat(stage.llm().provider().asked()).hasSize(before);
  }

  @Test
  void aChoiceThatForcesAToolHoldsForOneTurn() throws Exception {
    for (List<String> one :
        List.of(
            List.of(MESSAGES, ",\"tool_choice\":{\"type\":\"any\"}", "{\"type\":\"any\"}"),
            List.of(CHAT, ",\"tool_choice\":\"required\"", "\"required\""),
            List.of(RESPONSES, ",\"tool_choice\":\"required\"", "\"required\""))) {
      String model = stage.asking(LoopStage.read("t1", "notes.txt"));
      assertThat(stage.loop(one.getFirst(), model, one.get(1)).status()).isEqualTo(200);
      assertThat(stage.asked(model).getFirst().body()).contains("\"tool_choice\":" + one.getLast());
      assertThat(stage.told(model)).contains("\"tool_choice\":").contains("auto");
      assertThat(stage.told(model)).doesNotContain("\"tool_choice\":" + one.getLast());
    }
  }

  @Test
  void whatCannotGoWithALoopIsRefused() throws Exception {
    for (List<String> one :
        List.of(
            List.of(CHAT, ",\"n\":2", "n: "),
            List.of(CHAT, ",\"functions\":[{\"name\":\"f\"}]", "functions: "),
            List.of(RESPONSES, ",\"conversation\":\"conv_1\"", "conversation: "))) {
      LlmStage.Answer answer = stage.loop(one.getFirst(), "normal", one.get(1));
      assertThat(answer.status()).as(answer.text()).isEqualTo(400);
      assertThat(answer.error("message")).startsWith(one.getLast());
    }
    LlmStage.Answer answer = stage.loop("/v1/messages/count_tokens", "normal", "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    HttpRequest odd =
        stage
            .llm()
            .request(MESSAGES)
            .header("chitin-tool-loop", "perhaps")
            .POST(HttpRequest.BodyPublishers.ofString(LoopStage.body(MESSAGES, "normal", "")))
            .build();
    answer = stage.llm().send(odd);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error("message")).startsWith("chitin-tool-loop: ");
  }

  @Test
  void aSecretInWhatAToolReadDoesNotReachTheProvider() throws Exception {
    // The first turn puts the provider's own key to use; a quote behind it is where JSON breaks.
    Files.writeString(
        stage.llm().workspace().resolve("leak.txt"), "key=" + stage.llm().secret() + "\" and more");
    for (String path : List.of(MESSAGES, CHAT, RESPONSES)) {
      String model = stage.asking(LoopStage.read("t1", "leak.txt"));
      LlmStage.Answer answer = stage.loop(path, model, "");
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(stage.told(model))
          .doesNotContain(stage.llm().secret())
          .contains("[chitin:redacted]")
          .contains("and more");
    }
  }

  @Test
  void aSecretThatAFileHasEscapedDoesNotReachTheProvider() throws Exception {
    String rest = "-fake-" + LlmStage.random();
    stage.llm().put("accented", "pässwört" + rest);
    for (String written : List.of("p\\u00e4ssw\\u00F6rt", "\\u0070ässwört", "pässwört")) {
      Files.writeString(
          stage.llm().workspace().resolve("config.json"),
          "{\"key\": \"" + written + rest + "\", \"n\": 1}");
      for (String path : List.of(MESSAGES, CHAT, RESPONSES)) {
        String model = stage.asking(LoopStage.read("t1", "config.json"));
        LlmStage.Answer answer = stage.loop(path, model, "");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(stage.told(model))
            .doesNotContain(rest)
            .contains(
                "\\\\\\\"key\\\\\\\": \\\\\\\"[chitin:redacted]\\\\\\\", \\\\\\\"n\\\\\\\": 1}");
      }
    }
  }

  @Test
  void aNumberThatIsTooLargeIsForTheModelToMendAndGoesBackAsItCame() throws Exception {
    String large = "{\"path\":\"notes.txt\",\"limit\":1234567890123456789}";
    for (String path : List.of(MESSAGES, CHAT, RESPONSES)) {
      for (String more : List.of("", STREAM)) {
        String model =
            stage.asking(new Ask("t1", "fs_read", large), LoopStage.read("t2", "notes.txt"));
        LlmStage.Answer answer = stage.loop(path, model, more + ",\"seed\":9223372036854775807");
        assertThat(answer.text()).as(answer.text()).contains("Hello");
        assertThat(stage.told(model))
            .contains("the arguments cannot be read: a whole number is beyond 2^53-1")
            .contains("1234567890123456789", "\"seed\":9223372036854775807", "seven green apples");
        assertThat(stage.entries(answer).stream().filter(line -> line.contains("\"fs_read\"")))
            .as("the other one was run")
            .isNotEmpty()
            .allMatch(line -> line.contains("-1-1"));
      }
    }
  }

  @Test
  void withoutAConfigurationThereIsNone() throws Exception {
    try (var plain = LlmStage.start("", "")) {
      HttpRequest request =
          plain
              .request(CHAT)
              .header("chitin-tool-loop", "on")
              .POST(HttpRequest.BodyPublishers.ofString(LlmStage.chat("normal", "")))
              .build();
      LlmStage.Answer answer = plain.send(request);
      assertThat(answer.status()).as(answer.text()).isEqualTo(403);
      assertThat(answer.text())
          .contains("llm.tool_loop_off")
          .contains("providers.openai.tool_loop");
      assertThat(plain.provider().asked()).isEmpty();
    }
  }

  @Test
  void withoutTheHeaderARequestPassesAsItIs() throws Exception {
    String body = LlmStage.message("normal", ",  \"odd\" : 1.0");
    assertThat(stage.llm().post(MESSAGES, body).status()).isEqualTo(200);
    assertThat(stage.llm().provider().last().body()).isEqualTo(body);
  }
}
