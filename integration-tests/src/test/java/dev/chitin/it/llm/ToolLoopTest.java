package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.Await;
import dev.chitin.it.GatewayProcess;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.ToolProcess;
import dev.chitin.it.llm.Speech.Ask;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
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
  private static final String MESSAGES = "/v1/messages";
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";
  private static final String TEXT = String.join("", FakeProvider.WORDS);
  private static final String STREAM = ",\"stream\":true";
  private static final String LOOP =
      ", \"tool_loop\": { \"tools\": [\"fs_read\", \"fs_list\", \"process_run\"], \"max_turns\": 3,"
          + " \"max_calls_per_turn\": 4, \"max_bytes\": 200000, \"result_bytes\": 50000 }";

  private static LlmStage stage;

  /** Its loops have a second. */
  private static LlmStage hurried;

  @BeforeAll
  static void start() throws Exception {
    hurried =
        LlmStage.start(
            ", \"tool_loop\": { \"tools\": [\"process_run\"], \"timeout_ms\": 1000 }", "");
    stage = LlmStage.start(LOOP, ", " + GatewayProcess.HIGH_RATE);
    Files.writeString(stage.workspace().resolve("notes.txt"), "seven green apples");
  }

  @AfterAll
  static void stop() {
    hurried.close();
    stage.close();
  }

  private static String body(String path, String model, String more) {
    return switch (path) {
      case MESSAGES -> LlmStage.message(model, more);
      case CHAT -> LlmStage.chat(model, more);
      default -> LlmStage.response(model, more);
    };
  }

  private static HttpRequest request(String path, String body, String key) {
    return HttpRequest.newBuilder(stage.url(path))
        .header("x-api-key", key)
        .header("content-type", "application/json")
        .header("chitin-tool-loop", "on")
        .header("idempotency-key", "idem")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private static LlmStage.Answer loop(String path, String model, String more) throws Exception {
    return stage.send(request(path, body(path, model, more), stage.key()));
  }

  private static Ask read(String id, String file) {
    return new Ask(id, "fs_read", "{\"path\":\"" + file + "\"}");
  }

  /** A model that asks for these tools in one turn, and then speaks. */
  private static String asking(Ask... asks) {
    String model = "asking-" + LlmStage.random();
    stage.provider().script(model, "normal", List.of(List.of(asks)));
    return model;
  }

  private static List<FakeProvider.Asked> asked(String model) {
    return stage.provider().asked().stream().filter(a -> a.body().contains(model)).toList();
  }

  /** What the model was told of the tools of its last turn. */
  private static String told(String model) {
    return asked(model).getLast().body();
  }

  private static List<String> entries(LlmStage.Answer answer) throws Exception {
    String call = answer.field("chitin-call-id");
    assertThat(call).startsWith("call_");
    return stage.audit().stream().filter(line -> line.contains(call)).toList();
  }

  static Stream<Arguments> everyWay() {
    return Stream.of(MESSAGES, CHAT, RESPONSES)
        .flatMap(path -> Stream.of(Arguments.of(path, ""), Arguments.of(path, STREAM)));
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void aToolIsRunBetweenTwoTurnsAndTheLastOneIsTheAnswer(String path, String more)
      throws Exception {
    String model = asking(read("t1", "notes.txt"));
    LlmStage.Answer answer = loop(path, model, more);
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
    List<FakeProvider.Asked> asked = asked(model);
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
    LlmStage.Answer answer = loop(MESSAGES, asking(read("t1", "notes.txt")), "");
    String call = answer.field("chitin-call-id");
    List<String> entries = entries(answer);
    assertThat(phases(entries, call + "-1\"")).containsExactly("Authorized", "Relayed");
    assertThat(phases(entries, call + "-1-1\"")).containsExactly("Authorized", "Completed");
    assertThat(phases(entries, call + "-2\"")).containsExactly("Authorized", "Relayed");
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

  private static List<String> phases(List<String> entries, String call) {
    return entries.stream()
        .filter(e -> e.contains(call) && e.contains("\"phase\""))
        .map(e -> e.replaceAll(".*\"phase\":\"([A-Za-z]+)\".*", "$1"))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {MESSAGES, CHAT, RESPONSES})
  void aDenialIsWhatTheModelIsTold(String path) throws Exception {
    String model = asking(read("t1", "/etc/shadow"), read("t2", "nowhere.txt"));
    LlmStage.Answer answer = loop(path, model, "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(told(model)).contains("policy.path_denied: ");
    assertThat(told(model)).contains(path.equals(MESSAGES) ? "\"is_error\":true" : "error: ");
    String call = answer.field("chitin-call-id");
    assertThat(phases(entries(answer), call + "-1-1\"")).containsExactly("Denied");
  }

  @ParameterizedTest
  @ValueSource(strings = {MESSAGES, CHAT, RESPONSES})
  void aToolThatIsNotOfferedIsNotRun(String path) throws Exception {
    String model =
        asking(new Ask("t1", "fs_write", "{\"path\":\"made.txt\",\"content\":\"by a model\"}"));
    LlmStage.Answer answer = loop(path, model, "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(told(model)).contains("not run: no tool of that name is offered.");
    assertThat(stage.workspace().resolve("made.txt")).doesNotExist();
    assertThat(entries(answer).toString()).doesNotContain("fs_write");
  }

  @Test
  void aCredentialReachesInTheLoopWhatItReachesElsewhere() throws Exception {
    String narrow = key("narrow", "tools:read", "tools:call:fs_list", "llm:call");
    String model = asking(read("t1", "notes.txt"));
    HttpRequest request = request(MESSAGES, body(MESSAGES, model, ""), narrow);
    LlmStage.Answer answer = stage.send(request);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(asked(model).getFirst().body()).contains("fs_list").doesNotContain("fs_read\"");
    assertThat(told(model)).contains("no tool of that name is offered").doesNotContain("apples");
    for (List<String> scopes :
        List.of(
            List.of("llm:call"),
            List.of("llm:call", "tools:read"),
            List.of("llm:call", "tools:call"),
            List.of("llm:call", "tools:read", "tools:call:fs_write"))) {
      String key = key("n" + LlmStage.random(), scopes.toArray(String[]::new));
      int before = stage.provider().asked().size();
      answer = stage.send(request(MESSAGES, body(MESSAGES, "normal", ""), key));
      assertThat(answer.status()).as(scopes.toString()).isEqualTo(403);
      assertThat(answer.error("type")).isEqualTo("permission_error");
      assertThat(stage.provider().asked()).hasSize(before);
    }
  }

  private static String key(String name, String... scopes) throws Exception {
    return Json.text(made(name, scopes), "key");
  }

  private static JsonValue.Obj made(String name, String... scopes) throws Exception {
    List<String> line =
        new ArrayList<>(List.of("key", "create", "--name", name, "--role", "agent", "--json"));
    for (String scope : scopes) {
      Collections.addAll(line, "--scope", scope);
    }
    GatewayProcess.Result made = stage.gateway().run(line.toArray(String[]::new));
    assertThat(made.exit()).as(made.err()).isZero();
    return Json.object(made.out());
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void theBoundOnTurnsEndsItAsAnErrorThatIsNotTriedAgain(String path, String more)
      throws Exception {
    String model = "endless-" + LlmStage.random();
    stage
        .provider()
        .script(
            model,
            "normal",
            IntStream.range(0, 9).mapToObj(i -> List.of(read("t" + i, "notes.txt"))).toList());
    LlmStage.Answer answer = loop(path, model, more);
    assertThat(answer.text()).contains("llm.tool_loop_bound").contains("tool_loop.max_turns");
    if (more.isEmpty()) {
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.field("x-should-retry")).isEqualTo("false");
      assertThat(answer.error("type"))
          .isEqualTo(path.equals(MESSAGES) ? "api_error" : "server_error");
    } else {
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).contains("error").doesNotContain("message_stop");
    }
    assertThat(asked(model)).hasSize(3);
    List<String> entries = entries(answer);
    String call = answer.field("chitin-call-id");
    if (!call.isEmpty()) {
      assertThat(phases(entries, call + "-2-1\"")).containsExactly("Authorized", "Completed");
      assertThat(phases(entries, call + "-3-1\"")).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void aThousandToolsInOneTurnAreAnsweredAndFewAreRun(String path, String more) throws Exception {
    String model =
        asking(
            IntStream.range(0, 1_000)
                .mapToObj(i -> new Ask("t" + i, "fs_list", "{\"path\":\".\"}"))
                .toArray(Ask[]::new));
    LlmStage.Answer answer = loop(path, model, more.isEmpty() ? "" : STREAM);
    String told = answer.text().contains("max_bytes") ? "" : told(model);
    if (told.isEmpty()) {
      assertThat(answer.text()).contains("llm.tool_loop_bound");
    } else {
      assertThat(told).contains("not run: more than 4 calls in one turn");
      assertThat(entries(answer).stream().filter(e -> e.contains("Completed"))).hasSize(4);
    }
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void twoToolsUnderOneIdEndIt(String path, String more) throws Exception {
    String model = asking(read("same", "notes.txt"), read("same", "notes.txt"));
    LlmStage.Answer answer = loop(path, model, more);
    assertThat(answer.status()).as(answer.text()).isEqualTo(502);
    assertThat(answer.error("message")).contains("two tools under one id");
    assertThat(asked(model)).hasSize(1);
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
    String model = asking(new Ask("t1", "fs_read", arguments));
    // In the Messages API they are text in streams alone.
    LlmStage.Answer answer = loop(path, model, STREAM);
    assertThat(answer.text()).as(answer.text()).contains("Hello");
    assertThat(told(model)).contains(told).doesNotContain("apples");
    assertThat(entries(answer).toString()).doesNotContain("fs_read");
  }

  @Test
  void anAnswerThatIsNotStrictJsonDecidesNothing() throws Exception {
    for (String arguments : List.of("{\"path\":\"a\",\"path\":\"notes.txt\"}", "nonsense")) {
      String model = asking(new Ask("t1", "fs_read", arguments));
      LlmStage.Answer answer = loop(MESSAGES, model, "");
      assertThat(answer.status()).as(answer.text()).isEqualTo(502);
      assertThat(answer.error("message")).contains("The model's turn cannot be used");
      assertThat(asked(model)).hasSize(1);
    }
  }

  private static String ownTool(String path) {
    String tool =
        switch (path) {
          case MESSAGES -> "{\"name\":\"mine\",\"input_schema\":{\"type\":\"object\"}}";
          case CHAT -> "{\"type\":\"function\",\"function\":{\"name\":\"mine\"}}";
          default -> "{\"type\":\"function\",\"name\":\"mine\"}";
        };
    return ",\"tools\":[" + tool + "]";
  }

  @ParameterizedTest
  @ValueSource(strings = {MESSAGES, CHAT, RESPONSES})
  void theClientsOwnToolGoesToTheClientAndAMixedTurnIsAskedAgain(String path) throws Exception {
    String model = "mixed-" + LlmStage.random();
    Ask own = new Ask("mine-1", "mine", "{}");
    stage
        .provider()
        .script(model, "normal", List.of(List.of(read("t1", "notes.txt"), own), List.of(own)));
    LlmStage.Answer answer = loop(path, model, ownTool(path));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.text()).contains("mine-1").doesNotContain("t1\"");
    assertThat(asked(model)).hasSize(2);
    assertThat(told(model)).contains("seven green apples").contains("answered by the client");
  }

  @ParameterizedTest
  @ValueSource(strings = {MESSAGES, CHAT, RESPONSES})
  void aToolOfTheClientUnderANameOfTheGatewaysIsRefused(String path) throws Exception {
    int before = stage.provider().asked().size();
    LlmStage.Answer answer = loop(path, "normal", ownTool(path).replace("\"mine\"", "\"fs_read\""));
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("message")).startsWith("tools.0.name: 'fs_read'");
    assertThat(stage.provider().asked()).hasSize(before);
  }

  @Test
  void aChoiceThatForcesAToolHoldsForOneTurn() throws Exception {
    for (List<String> one :
        List.of(
            List.of(MESSAGES, ",\"tool_choice\":{\"type\":\"any\"}", "{\"type\":\"any\"}"),
            List.of(CHAT, ",\"tool_choice\":\"required\"", "\"required\""),
            List.of(RESPONSES, ",\"tool_choice\":\"required\"", "\"required\""))) {
      String model = asking(read("t1", "notes.txt"));
      assertThat(loop(one.getFirst(), model, one.get(1)).status()).isEqualTo(200);
      assertThat(asked(model).getFirst().body()).contains("\"tool_choice\":" + one.getLast());
      assertThat(told(model)).contains("\"tool_choice\":").contains("auto");
      assertThat(told(model)).doesNotContain("\"tool_choice\":" + one.getLast());
    }
  }

  @Test
  void whatCannotGoWithALoopIsRefused() throws Exception {
    for (List<String> one :
        List.of(
            List.of(CHAT, ",\"n\":2", "n: "),
            List.of(CHAT, ",\"functions\":[{\"name\":\"f\"}]", "functions: "),
            List.of(RESPONSES, ",\"conversation\":\"conv_1\"", "conversation: "))) {
      LlmStage.Answer answer = loop(one.getFirst(), "normal", one.get(1));
      assertThat(answer.status()).as(answer.text()).isEqualTo(400);
      assertThat(answer.error("message")).startsWith(one.getLast());
    }
    LlmStage.Answer answer = loop("/v1/messages/count_tokens", "normal", "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    HttpRequest odd =
        stage
            .request(MESSAGES)
            .header("chitin-tool-loop", "perhaps")
            .POST(HttpRequest.BodyPublishers.ofString(body(MESSAGES, "normal", "")))
            .build();
    answer = stage.send(odd);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error("message")).startsWith("chitin-tool-loop: ");
  }

  @Test
  void aLoopIsCountedAsWhatItsEndWas() throws Exception {
    String refused = requests("refused");
    double before = stage.gateway().metric(refused);
    String none = "{\"model\":\"normal\",\"max_tokens\":9,\"messages\":[]}";
    assertThat(stage.send(request(MESSAGES, none, stage.key())).status()).isEqualTo(400);
    String key = key("counted", "llm:call");
    HttpRequest request = request(MESSAGES, body(MESSAGES, "normal", ""), key);
    assertThat(stage.send(request).status()).isEqualTo(403);
    assertThat(
            loop("/v1/messages", "normal", ownTool(MESSAGES).replace("mine", "fs_read")).status())
        .isEqualTo(400);
    assertThat(stage.gateway().metric(refused)).isEqualTo(before + 3);
    String bound = requests("loop_bound");
    before = stage.gateway().metric(bound);
    String model = "counted-" + LlmStage.random();
    Ask read = read("t1", "notes.txt");
    stage.provider().script(model, "normal", Collections.nCopies(9, List.of(read)));
    assertThat(loop(MESSAGES, model, "").text()).contains("tool_loop.max_turns");
    assertThat(stage.gateway().metric(bound)).isEqualTo(before + 1);
    LlmStage.Answer cut = loop(MESSAGES, "huge", STREAM);
    assertThat(cut.text()).contains("tool_loop.max_bytes");
    assertThat(stage.gateway().metric(bound)).as("by its turn alone").isEqualTo(before + 2);
    assertThat(entries(cut).getLast()).contains("\"status\":\"cancelled\"");
  }

  private static String requests(String outcome) {
    return "chitin_llm_requests_total{outcome=\"" + outcome + "\",route=\"/v1/messages\"}";
  }

  @Test
  void aSecretInWhatAToolReadDoesNotReachTheProvider() throws Exception {
    // The first turn puts the provider's own key to use; a quote behind it is where JSON breaks.
    Files.writeString(
        stage.workspace().resolve("leak.txt"), "key=" + stage.secret() + "\" and more");
    for (String path : List.of(MESSAGES, CHAT, RESPONSES)) {
      String model = asking(read("t1", "leak.txt"));
      LlmStage.Answer answer = loop(path, model, "");
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(told(model))
          .doesNotContain(stage.secret())
          .contains("[chitin:redacted]")
          .contains("and more");
    }
  }

  @Test
  void aSecretThatAFileHasEscapedDoesNotReachTheProvider() throws Exception {
    String rest = "-fake-" + LlmStage.random();
    stage.put("accented", "pässwört" + rest);
    for (String written : List.of("p\\u00e4ssw\\u00F6rt", "\\u0070ässwört", "pässwört")) {
      Files.writeString(
          stage.workspace().resolve("config.json"),
          "{\"key\": \"" + written + rest + "\", \"n\": 1}");
      for (String path : List.of(MESSAGES, CHAT, RESPONSES)) {
        String model = asking(read("t1", "config.json"));
        LlmStage.Answer answer = loop(path, model, "");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(told(model))
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
        String model = asking(new Ask("t1", "fs_read", large), read("t2", "notes.txt"));
        LlmStage.Answer answer = loop(path, model, more + ",\"seed\":9223372036854775807");
        assertThat(answer.text()).as(answer.text()).contains("Hello");
        assertThat(told(model))
            .contains("the arguments cannot be read: a whole number is beyond 2^53-1")
            .contains("1234567890123456789", "\"seed\":9223372036854775807", "seven green apples");
        assertThat(entries(answer).stream().filter(line -> line.contains("\"fs_read\"")))
            .as("the other one was run")
            .isNotEmpty()
            .allMatch(line -> line.contains("-1-1"));
      }
    }
  }

  @Test
  void aLongResultIsCutAndAllOfThemHaveABound() throws Exception {
    Files.writeString(stage.workspace().resolve("long.txt"), "x".repeat(90_000));
    String model = asking(read("t1", "long.txt"));
    assertThat(loop(MESSAGES, model, "").status()).isEqualTo(200);
    assertThat(told(model)).contains("[cut: the first 50000 of ");
    model =
        asking(
            read("t1", "long.txt"),
            read("t2", "long.txt"),
            read("t3", "long.txt"),
            read("t4", "long.txt"));
    LlmStage.Answer answer = loop(MESSAGES, model, "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(502);
    assertThat(answer.text()).contains("tool_loop.max_bytes");
    assertThat(asked(model)).hasSize(1);
    // What a provider says counts too.
    answer = loop(MESSAGES, "huge", STREAM);
    assertThat(answer.status()).as(answer.text()).isEqualTo(502);
    assertThat(answer.text()).contains("tool_loop.max_bytes");
    assertThat(stage.gateway().metric("chitin_llm_bodies_bytes")).isZero();
  }

  @Test
  void anErrorOfTheProviderAfterAToolIsNotForTryingAgain() throws Exception {
    String model = "failing-" + LlmStage.random();
    stage.provider().script(model, "broken", List.of(List.of(read("t1", "notes.txt"))));
    LlmStage.Answer answer = loop(MESSAGES, model, "");
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.error("message")).isEqualTo("Broken.");
    assertThat(answer.field("x-should-retry")).isEqualTo("false");
    stage.provider().script(model, "broken", List.of(List.of(read("t1", "notes.txt"))));
    answer = loop(MESSAGES, model, STREAM);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).contains("event: error").contains("status 500");
    answer = loop(MESSAGES, "broken", "");
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.field("x-should-retry")).isEmpty();
  }

  @Test
  void aClientThatLeavesEndsTheToolThatRuns() throws Exception {
    String seconds = ToolProcess.ownSeconds(120);
    String model = asking(sleeper(seconds));
    try (var client = HttpClient.newHttpClient()) {
      HttpResponse<InputStream> answer =
          client.send(
              request(MESSAGES, body(MESSAGES, model, STREAM), stage.key()),
              HttpResponse.BodyHandlers.ofInputStream());
      // The head and the first comment come when the model has asked.
      assertThat(answer.body().read()).isEqualTo(':');
      ToolProcess.awaitSleep(seconds);
      answer.body().close();
      client.shutdownNow();
      cancelled(answer.headers().firstValue("chitin-call-id").orElseThrow());
      ToolProcess.awaitEnd(seconds);
      assertThat(asked(model)).hasSize(1);
    }
  }

  private static Ask sleeper(String seconds) {
    return new Ask("t1", "process_run", "{\"argv\":[\"sleep\",\"" + seconds + "\"]}");
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void aRevokedKeyEndsTheLoopAndTheToolThatRuns(String path, String more) throws Exception {
    JsonValue.Obj key = made("gone-" + LlmStage.random());
    String seconds = ToolProcess.ownSeconds(120);
    String model = asking(sleeper(seconds));
    try (var client = HttpClient.newHttpClient()) {
      CompletableFuture<HttpResponse<String>> coming =
          client.sendAsync(
              request(path, body(path, model, more), Json.text(key, "key")),
              HttpResponse.BodyHandlers.ofString());
      ToolProcess.awaitSleep(seconds);
      assertThat(stage.gateway().run("key", "revoke", Json.text(key, "id")).exit()).isZero();
      HttpResponse<String> answer = coming.join();
      assertThat(answer.body()).contains("was revoked meanwhile").doesNotContain(TEXT);
      if (more.isEmpty()) {
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("x-should-retry")).hasValue("false");
      }
      cancelled(answer.headers().firstValue("chitin-call-id").orElseThrow());
      ToolProcess.awaitEnd(seconds);
      assertThat(asked(model)).hasSize(1);
    }
  }

  private static void cancelled(String loop) throws Exception {
    assertThat(end(stage, loop)).contains("\"status\":\"cancelled\"");
    // A loop gives its memory back at its end: whatever it would ask of the provider it has asked.
    Await.until("the loop's end", () -> stage.gateway().metric("chitin_llm_bodies_bytes") == 0);
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void theTimeOfALoopEndsItAndTheToolThatRuns(String path, String more) throws Exception {
    Await.until("a loop whose tool ran when its time was over", () -> timeEndedTool(path, more));
  }

  /** Whether there was a tool to end: on a busy machine the time may be over before it starts. */
  private static boolean timeEndedTool(String path, String more) throws Exception {
    String seconds = ToolProcess.ownSeconds(120);
    hurried.provider().script("sleeper", "normal", List.of(List.of(sleeper(seconds))));
    LlmStage.Answer answer =
        hurried.send(
            HttpRequest.newBuilder(hurried.url(path))
                .header("x-api-key", hurried.key())
                .header("content-type", "application/json")
                .header("chitin-tool-loop", "on")
                .POST(HttpRequest.BodyPublishers.ofString(body(path, "sleeper", more)))
                .build());
    assertThat(answer.text()).contains("tool_loop.timeout_ms").doesNotContain(TEXT);
    if (more.isEmpty()) {
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.field("x-should-retry")).isEqualTo("false");
    }
    String loop = answer.field("chitin-call-id");
    List<String> begun = tool(hurried, loop);
    if (begun.isEmpty() || begun.getFirst().contains("\"Denied\"")) {
      return false;
    }
    String end = end(hurried, loop);
    ToolProcess.awaitEnd(seconds);
    assertThat(tool(hurried, loop)).hasSize(2);
    if (end.contains("\"NotRun\"")) {
      return false;
    }
    assertThat(end).containsPattern("\"status\":\"(cancelled|deadline)\"");
    return true;
  }

  /** What is on record of the first tool of a loop. */
  private static List<String> tool(LlmStage stage, String loop) {
    return stage.audit().stream().filter(e -> e.contains(loop + "-1-1\"")).toList();
  }

  /** How the first tool of a loop ended, which waits for it. */
  private static String end(LlmStage stage, String loop) throws Exception {
    Await.until("the end of a tool of " + loop, () -> tool(stage, loop).size() > 1);
    return tool(stage, loop).getLast();
  }

  @Test
  void aClientThatLeavesEndsTheRequestToTheProvider() throws Exception {
    String model = "leaving-" + LlmStage.random();
    stage.provider().script(model, "endless", List.of(List.of(read("t1", "notes.txt"))));
    try (var client = HttpClient.newHttpClient()) {
      HttpResponse<InputStream> answer =
          client.send(
              request(MESSAGES, body(MESSAGES, model, STREAM), stage.key()),
              HttpResponse.BodyHandlers.ofInputStream());
      assertThat(answer.body().read()).isEqualTo(':');
      Await.until("the second turn", () -> asked(model).size() == 2);
      answer.body().close();
      client.shutdownNow();
    }
    assertThat(stage.provider().left("endless")).isNotNull();
  }

  @Test
  void everyTurnCostsOfTheBudgetAndItsEndIsTheEndOfTheLoop() throws Exception {
    String loop = LOOP.replace("\"max_turns\": 3", "\"max_turns\": 9");
    try (var small =
        LlmStage.start(loop + ", \"tokens_per_day\": 130", ", " + GatewayProcess.HIGH_RATE)) {
      // Each turn reserves 100 and costs 12: the fourth would begin at 36.
      small
          .provider()
          .script(
              "spender",
              "normal",
              IntStream.range(0, 9).mapToObj(i -> List.of(read("t" + i, "notes.txt"))).toList());
      HttpRequest request =
          small
              .request(MESSAGES)
              .header("chitin-tool-loop", "on")
              .POST(HttpRequest.BodyPublishers.ofString(LlmStage.message("spender", "")))
              .build();
      LlmStage.Answer answer = small.send(request);
      assertThat(answer.status()).as(answer.text()).isEqualTo(429);
      assertThat(answer.error("message")).contains("94 are left");
      assertThat(answer.field("x-should-retry")).isEqualTo("false");
      assertThat(small.provider().asked()).hasSize(3);
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
    assertThat(stage.post(MESSAGES, body).status()).isEqualTo(200);
    assertThat(stage.provider().last().body()).isEqualTo(body);
  }
}
