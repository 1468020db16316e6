package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.Await;
import dev.chitin.it.ToolProcess;
import dev.chitin.it.llm.Speech.Ask;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A stop of the gateway gives requests to providers their time, and then says why they end. */
class LlmDrainTest {
  private static final String MESSAGES = "/v1/messages";
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";
  private static final String STREAM = ",\"stream\":true";
  private static final String LOOP =
      ", \"tool_loop\": { \"tools\": [\"fs_read\", \"process_run\"] }";
  private static final String WHY = "The gateway is shutting down.";

  private static LlmStage start(int timeoutMillis) throws Exception {
    return LlmStage.start(
        LOOP, ", \"gateway\": { \"drain\": { \"timeout_ms\": %d } }".formatted(timeoutMillis));
  }

  /** Asks and does not wait. */
  private static CompletableFuture<HttpResponse<String>> ask(
      HttpClient http, LlmStage stage, String path, String body) {
    HttpRequest.Builder request = stage.request(path);
    if (body.contains("loop-")) {
      request.header("chitin-tool-loop", "on");
    }
    return http.sendAsync(
        request.POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Some of every kind that will not end by themselves, once they run. */
  private static Map<String, CompletableFuture<HttpResponse<String>>> running(
      HttpClient http, LlmStage stage) throws Exception {
    Map<String, String> seconds = new LinkedHashMap<>();
    for (String loop : List.of("loop-whole", "loop-stream")) {
      String own = ToolProcess.ownSeconds(120);
      seconds.put(loop, own);
      stage.provider().script(loop, "normal", List.of(List.of(sleep(own))));
    }
    Map<String, CompletableFuture<HttpResponse<String>>> all = new LinkedHashMap<>();
    all.put("m", ask(http, stage, MESSAGES, LlmStage.message("endless", STREAM)));
    all.put("c", ask(http, stage, CHAT, LlmStage.chat("endless", STREAM)));
    all.put("r", ask(http, stage, RESPONSES, LlmStage.response("endless", STREAM)));
    all.put("wait-m", ask(http, stage, MESSAGES, LlmStage.message("silent", "")));
    all.put("wait-c", ask(http, stage, CHAT, LlmStage.chat("silent", "")));
    all.put("loop-m", ask(http, stage, MESSAGES, LlmStage.message("loop-whole", "")));
    all.put("loop-c", ask(http, stage, CHAT, LlmStage.chat("loop-stream", STREAM)));
    Await.until("all of them at the provider", () -> stage.provider().asked().size() == all.size());
    for (String own : seconds.values()) {
      ToolProcess.awaitSleep(own);
    }
    return all;
  }

  private static Ask sleep(String seconds) {
    return new Ask("t1", "process_run", "{\"argv\":[\"sleep\",\"" + seconds + "\"]}");
  }

  private static void assertTold(
      LlmStage stage, Map<String, CompletableFuture<HttpResponse<String>>> all) throws Exception {
    Map<String, HttpResponse<String>> told = new LinkedHashMap<>();
    all.forEach((name, answer) -> told.put(name, answer.join()));
    assertThat(stage.gateway().ended()).isZero();
    told.forEach((name, answer) -> assertThat(answer.body()).as(name).contains(WHY));
    assertThat(of(told, "m").body())
        .containsPattern("\n\nevent: error\ndata: \\{\"type\":\"error\",\"error\":\\{")
        .contains("overloaded_error", "gateway.draining");
    assertThat(of(told, "c").body())
        .containsPattern("\n\ndata: \\{\"error\":\\{\"message\"")
        .doesNotContain("[DONE]");
    assertThat(of(told, "r").body())
        .containsPattern("\n\nevent: error\ndata: \\{\"type\":\"error\",\"code\"");
    assertThat(of(told, "wait-m").statusCode()).isEqualTo(529);
    assertThat(of(told, "wait-c").statusCode()).isEqualTo(503);
    assertThat(of(told, "loop-m").statusCode()).isEqualTo(529);
    assertThat(of(told, "loop-m").headers().firstValue("x-should-retry")).hasValue("false");
    assertThat(of(told, "loop-c").body()).contains(": tool loop").contains("data: {\"error\":");
    assertThat(stage.provider().asked()).as("no further turn").hasSize(all.size());
    List<String> ends = new ArrayList<>();
    for (String entry : stage.audit()) {
      if (entry.contains("\"phase\":\"Relayed\"") || entry.contains("\"phase\":\"Completed\"")) {
        ends.add(entry.replaceAll(".*\"status\":\"([a-z_]+)\".*", "$1"));
      }
    }
    // Two turns came whole; two tools and five requests did not.
    assertThat(ends).hasSize(9).containsOnly("completed", "cancelled");
    assertThat(ends.stream().filter("completed"::equals)).hasSize(2);
    // Five requests, two loops and their two tools.
    assertThat(stage.gateway().errors()).contains("9 calls did not end in time");
  }

  private static HttpResponse<String> of(Map<String, HttpResponse<String>> told, String name) {
    return Objects.requireNonNull(told.get(name));
  }

  @Test
  void whatDoesNotEndInTimeIsStoppedAndToldWhy() throws Exception {
    try (var stage = start(300);
        var http = HttpClient.newHttpClient()) {
      Map<String, CompletableFuture<HttpResponse<String>>> all = running(http, stage);
      stage.gateway().signal("TERM");
      assertTold(stage, all);
    }
  }

  @Test
  void aSecondSignalWaitsForNone() throws Exception {
    try (var stage = start(3_600_000);
        var http = HttpClient.newHttpClient()) {
      Map<String, CompletableFuture<HttpResponse<String>>> all = running(http, stage);
      stage.gateway().signal("TERM");
      Await.until("draining", () -> stage.gateway().errors().contains("draining"));
      stage.gateway().signal("TERM");
      assertTold(stage, all);
    }
  }

  @Test
  void aLoopThatRunsAcrossTheSignalHasItsTools() throws Exception {
    try (var stage = start(60_000);
        var http = HttpClient.newHttpClient()) {
      Files.writeString(stage.workspace().resolve("notes.txt"), "seven green apples");
      String seconds = ToolProcess.ownSeconds(3);
      Ask read = new Ask("t2", "fs_read", "{\"path\":\"notes.txt\"}");
      stage
          .provider()
          .script("loop-across", "normal", List.of(List.of(sleep(seconds)), List.of(read)));
      CompletableFuture<HttpResponse<String>> answer =
          ask(http, stage, MESSAGES, LlmStage.message("loop-across", ""));
      ToolProcess.awaitSleep(seconds);
      stage.gateway().signal("TERM");
      assertThat(answer.join().statusCode()).isEqualTo(200);
      assertThat(stage.provider().last().body()).contains("seven green apples");
      assertThat(stage.gateway().ended()).isZero();
    }
  }
}
