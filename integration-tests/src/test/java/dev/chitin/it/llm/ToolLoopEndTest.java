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
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How a loop ends before its model is done: its bounds, its time, its client, its provider. */
class ToolLoopEndTest {
  private static final String MESSAGES = LoopStage.MESSAGES;
  private static final String TEXT = String.join("", FakeProvider.WORDS);
  private static final String STREAM = ",\"stream\":true";

  private static LoopStage stage;

  /** Its loops have a second. */
  private static LlmStage hurried;

  @BeforeAll
  static void start() throws Exception {
    hurried =
        LlmStage.start(
            ", \"tool_loop\": { \"tools\": [\"process_run\"], \"timeout_ms\": 1000 }", "");
    stage = LoopStage.start();
  }

  @AfterAll
  static void stop() {
    hurried.close();
    stage.close();
  }

  @ParameterizedTest
  @MethodSource("dev.chitin.it.llm.LoopStage#everyWay")
  void theBoundOnTurnsEndsItAsAnErrorThatIsNotTriedAgain(String path, String more)
      throws Exception {
    String model = "endless-" + LlmStage.random();
    stage
        .llm()
        .provider()
        .script(
            model,
            "normal",
            IntStream.range(0, 9)
                .mapToObj(i -> List.of(LoopStage.read("t" + i, "notes.txt")))
                .toList());
    LlmStage.Answer answer = stage.loop(path, model, more);
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
    assertThat(stage.asked(model)).hasSize(3);
    List<String> entries = stage.entries(answer);
    String call = answer.field("chitin-call-id");
    if (!call.isEmpty()) {
      assertThat(LoopStage.phases(entries, call + "-2-1\""))
          .containsExactly("Authorized", "Completed");
      assertThat(LoopStage.phases(entries, call + "-3-1\"")).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.chitin.it.llm.LoopStage#everyWay")
  void aThousandToolsInOneTurnAreAnsweredAndFewAreRun(String path, String more) throws Exception {
    String model =
        stage.asking(
            IntStream.range(0, 1_000)
                .mapToObj(i -> new Ask("t" + i, "fs_list", "{\"path\":\".\"}"))
                .toArray(Ask[]::new));
    LlmStage.Answer answer = stage.loop(path, model, more.isEmpty() ? "" : STREAM);
    String told = answer.text().contains("max_bytes") ? "" : stage.told(model);
    if (told.isEmpty()) {
      assertThat(answer.text()).contains("llm.tool_loop_bound");
    } else {
      assertThat(told).contains("not run: more than 4 calls in one turn");
      assertThat(stage.entries(answer).stream().filter(e -> e.contains("Completed"))).hasSize(4);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.chitin.it.llm.LoopStage#everyWay")
  void twoToolsUnderOneIdEndIt(String path, String more) throws Exception {
    String model =
        stage.asking(LoopStage.read("same", "notes.txt"), LoopStage.read("same", "notes.txt"));
    LlmStage.Answer answer = stage.loop(path, model, more);
    assertThat(answer.status()).as(answer.text()).isEqualTo(502);
    assertThat(answer.error("message")).contains("two tools under one id");
    assertThat(stage.asked(model)).hasSize(1);
  }

  @Test
  void anAnswerThatIsNotStrictJsonDecidesNothing() throws Exception {
    for (String arguments : List.of("{\"path\":\"a\",\"path\":\"notes.txt\"}", "nonsense")) {
      String model = stage.asking(new Ask("t1", "fs_read", arguments));
      LlmStage.Answer answer = stage.loop(MESSAGES, model, "");
      assertThat(answer.status()).as(answer.text()).isEqualTo(502);
      assertThat(answer.error("message")).contains("The model's turn cannot be used");
      assertThat(stage.asked(model)).hasSize(1);
    }
  }

  @Test
  void aLoopIsCountedAsWhatItsEndWas() throws Exception {
    String refused = requests("refused");
    double before = stage.llm().gateway().metric(refused);
    String none = "{\"model\":\"normal\",\"max_tokens\":9,\"messages\":[]}";
    assertThat(stage.llm().send(stage.request(MESSAGES, none, stage.llm().key())).status())
        .isEqualTo(400);
    String key = stage.key("counted", "llm:call");
    HttpRequest request = stage.request(MESSAGES, LoopStage.body(MESSAGES, "normal", ""), key);
    assertThat(stage.llm().send(request).status()).isEqualTo(403);
    assertThat(
            stage
                .loop(
                    "/v1/messages",
                    "normal",
                    LoopStage.ownTool(MESSAGES).replace("mine", "fs_read"))
                .status())
        .isEqualTo(400);
    assertThat(stage.llm().gateway().metric(refused)).isEqualTo(before + 3);
    String bound = requests("loop_bound");
    before = stage.llm().gateway().metric(bound);
    String model = "counted-" + LlmStage.random();
    Ask read = LoopStage.read("t1", "notes.txt");
    stage.llm().provider().script(model, "normal", Collections.nCopies(9, List.of(read)));
    assertThat(stage.loop(MESSAGES, model, "").text()).contains("tool_loop.max_turns");
    assertThat(stage.llm().gateway().metric(bound)).isEqualTo(before + 1);
    LlmStage.Answer cut = stage.loop(MESSAGES, "huge", STREAM);
    assertThat(cut.text()).contains("tool_loop.max_bytes");
    assertThat(stage.llm().gateway().metric(bound)).as("by its turn alone").isEqualTo(before + 2);
    assertThat(stage.entries(cut).getLast()).contains("\"status\":\"cancelled\"");
  }

  private static String requests(String outcome) {
    return "chitin_llm_requests_total{outcome=\"" + outcome + "\",route=\"/v1/messages\"}";
  }

  @Test
  void aLongResultIsCutAndAllOfThemHaveABound() throws Exception {
    Files.writeString(stage.llm().workspace().resolve("long.txt"), "x".repeat(90_000));
    String model = stage.asking(LoopStage.read("t1", "long.txt"));
    assertThat(stage.loop(MESSAGES, model, "").status()).isEqualTo(200);
    assertThat(stage.told(model)).contains("[cut: the first 50000 of ");
    model =
        stage.asking(
            LoopStage.read("t1", "long.txt"),
            LoopStage.read("t2", "long.txt"),
            LoopStage.read("t3", "long.txt"),
            LoopStage.read("t4", "long.txt"));
    LlmStage.Answer answer = stage.loop(MESSAGES, model, "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(502);
    assertThat(answer.text()).contains("tool_loop.max_bytes");
    assertThat(stage.asked(model)).hasSize(1);
    // What a provider says counts too.
    answer = stage.loop(MESSAGES, "huge", STREAM);
    assertThat(answer.status()).as(answer.text()).isEqualTo(502);
    assertThat(answer.text()).contains("tool_loop.max_bytes");
    assertThat(stage.llm().gateway().metric("chitin_llm_bodies_bytes")).isZero();
  }

  @Test
  void anErrorOfTheProviderAfterAToolIsNotForTryingAgain() throws Exception {
    String model = "failing-" + LlmStage.random();
    stage
        .llm()
        .provider()
        .script(model, "broken", List.of(List.of(LoopStage.read("t1", "notes.txt"))));
    LlmStage.Answer answer = stage.loop(MESSAGES, model, "");
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.error("message")).isEqualTo("Broken.");
    assertThat(answer.field("x-should-retry")).isEqualTo("false");
    stage
        .llm()
        .provider()
        .script(model, "broken", List.of(List.of(LoopStage.read("t1", "notes.txt"))));
    answer = stage.loop(MESSAGES, model, STREAM);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).contains("event: error").contains("status 500");
    answer = stage.loop(MESSAGES, "broken", "");
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.field("x-should-retry")).isEmpty();
  }

  @Test
  void aClientThatLeavesEndsTheToolThatRuns() throws Exception {
    String seconds = ToolProcess.ownSeconds(120);
    String model = stage.asking(sleeper(seconds));
    try (var client = HttpClient.newHttpClient()) {
      HttpResponse<InputStream> answer =
          client.send(
              stage.request(MESSAGES, LoopStage.body(MESSAGES, model, STREAM), stage.llm().key()),
              HttpResponse.BodyHandlers.ofInputStream());
      // The head and the first comment come when the model has asked.
      assertThat(answer.body().read()).isEqualTo(':');
      ToolProcess.awaitSleep(seconds);
      answer.body().close();
      client.shutdownNow();
      cancelled(answer.headers().firstValue("chitin-call-id").orElseThrow());
      ToolProcess.awaitEnd(seconds);
      assertThat(stage.asked(model)).hasSize(1);
    }
  }

  private static Ask sleeper(String seconds) {
    return new Ask("t1", "process_run", "{\"argv\":[\"sleep\",\"" + seconds + "\"]}");
  }

  @ParameterizedTest
  @MethodSource("dev.chitin.it.llm.LoopStage#everyWay")
  void aRevokedKeyEndsTheLoopAndTheToolThatRuns(String path, String more) throws Exception {
    JsonValue.Obj key = stage.made("gone-" + LlmStage.random());
    String seconds = ToolProcess.ownSeconds(120);
    String model = stage.asking(sleeper(seconds));
    try (var client = HttpClient.newHttpClient()) {
      CompletableFuture<HttpResponse<String>> coming =
          client.sendAsync(
              stage.request(path, LoopStage.body(path, model, more), Json.text(key, "key")),
              HttpResponse.BodyHandlers.ofString());
      ToolProcess.awaitSleep(seconds);
      assertThat(stage.llm().gateway().run("key", "revoke", Json.text(key, "id")).exit()).isZero();
      HttpResponse<String> answer = coming.join();
      assertThat(answer.body()).contains("was revoked meanwhile").doesNotContain(TEXT);
      if (more.isEmpty()) {
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("x-should-retry")).hasValue("false");
      }
      cancelled(answer.headers().firstValue("chitin-call-id").orElseThrow());
      ToolProcess.awaitEnd(seconds);
      assertThat(stage.asked(model)).hasSize(1);
    }
  }

  private static void cancelled(String loop) throws Exception {
    assertThat(end(stage.llm(), loop)).contains("\"status\":\"cancelled\"");
    // A loop gives its memory back at its end: whatever it would ask of the provider it has asked.
    Await.until(
        "the loop's end", () -> stage.llm().gateway().metric("chitin_llm_bodies_bytes") == 0);
  }

  @ParameterizedTest
  @MethodSource("dev.chitin.it.llm.LoopStage#everyWay")
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
                .POST(HttpRequest.BodyPublishers.ofString(LoopStage.body(path, "sleeper", more)))
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
  private static List<String> tool(LlmStage at, String loop) {
    return at.audit().stream().filter(e -> e.contains(loop + "-1-1\"")).toList();
  }

  /** How the first tool of a loop ended, which waits for it. */
  private static String end(LlmStage at, String loop) throws Exception {
    Await.until("the end of a tool of " + loop, () -> tool(at, loop).size() > 1);
    return tool(at, loop).getLast();
  }

  @Test
  void aClientThatLeavesEndsTheRequestToTheProvider() throws Exception {
    String model = "leaving-" + LlmStage.random();
    stage
        .llm()
        .provider()
        .script(model, "endless", List.of(List.of(LoopStage.read("t1", "notes.txt"))));
    try (var client = HttpClient.newHttpClient()) {
      HttpResponse<InputStream> answer =
          client.send(
              stage.request(MESSAGES, LoopStage.body(MESSAGES, model, STREAM), stage.llm().key()),
              HttpResponse.BodyHandlers.ofInputStream());
      assertThat(answer.body().read()).isEqualTo(':');
      Await.until("the second turn", () -> stage.asked(model).size() == 2);
      answer.body().close();
      client.shutdownNow();
    }
    assertThat(stage.llm().provider().left("endless")).isNotNull();
  }

  @Test
  void everyTurnCostsOfTheBudgetAndItsEndIsTheEndOfTheLoop() throws Exception {
    String loop = LoopStage.LOOP.replace("\"max_turns\": 3", "\"max_turns\": 9");
    try (var small =
        LlmStage.start(loop + ", \"tokens_per_day\": 130", ", " + GatewayProcess.HIGH_RATE)) {
      // Each turn reserves 100 and costs 12: the fourth would begin at 36.
      small
          .provider()
          .script(
              "spender",
              "normal",
              IntStream.range(0, 9)
                  .mapToObj(i -> List.of(LoopStage.read("t" + i, "notes.txt")))
                  .toList());
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
}
