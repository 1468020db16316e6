package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.Await;
import dev.chitin.it.GatewayProcess;
import dev.chitin.it.GatewayProcess.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What passes between client and provider, and what does not. */
class LlmRelayTest {
  private static final String MESSAGES = "/v1/messages";
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";
  private static final String STREAM = ",\"stream\":true";
  private static final int LEAVING = 100;
  private static final String TEXT = String.join("", FakeProvider.WORDS);

  private static LlmStage stage;

  @BeforeAll
  static void start() throws Exception {
    stage =
        LlmStage.start(
            ", \"first_byte_ms\": 2000, \"idle_ms\": 1500", ", " + GatewayProcess.HIGH_RATE);
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  @Test
  void theProviderGetsItsOwnCredentialAndTheFieldsOfTheListAlone() throws Exception {
    HttpRequest request =
        stage
            .request(MESSAGES + "?beta=true")
            .header("anthropic-version", "2026-10-21")
            .header("anthropic-beta", "one-2026-01-01,two-2026-02-02")
            .header("idempotency-key", "idem-1")
            .header("accept", "application/json")
            .header("cookie", "a=b")
            .header("forwarded", "for=1.2.3.4")
            .header("x-forwarded-for", "1.2.3.4")
            .header("openai-organization", "org")
            .header("x-stainless-lang", "js")
            .header("user-agent", "client/1")
            .POST(HttpRequest.BodyPublishers.ofString(LlmStage.message("normal", "")))
            .build();
    LlmStage.Answer answer = stage.send(request);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    FakeProvider.Asked asked = stage.provider().last();
    assertThat(asked.credential()).isEqualTo("x-api-key");
    assertThat(asked.target()).isEqualTo(MESSAGES + "?beta=true");
    assertThat(asked.fields().keySet())
        .isEqualTo(
            Set.of(
                "host",
                "content-length",
                "content-type",
                "accept",
                "accept-encoding",
                "connection",
                "anthropic-version",
                "anthropic-beta",
                "idempotency-key",
                "x-api-key"));
    assertThat(asked.fields().get("anthropic-beta")).isEqualTo("one-2026-01-01,two-2026-02-02");
    assertThat(asked.fields().toString()).doesNotContain(stage.key());
    assertThat(answer.field("request-id")).isEqualTo("req_fake");
    assertThat(answer.field("chitin-call-id")).startsWith("call_");
    assertThat(answer.field("set-cookie")).isEmpty();
    assertThat(answer.field("server")).isEmpty();
    assertThat(answer.text()).isEqualTo(Speech.ANTHROPIC.whole("normal", TEXT));
  }

  @Test
  void theOtherDialectHasItsCredentialInItsOwnField() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(stage.url(CHAT))
            .header("authorization", "Bearer " + stage.key())
            .header("content-type", "application/json; charset=utf-8")
            .header("openai-organization", "org")
            .header("anthropic-beta", "x")
            .POST(HttpRequest.BodyPublishers.ofString(LlmStage.chat("normal", "")))
            .build();
    LlmStage.Answer answer = stage.send(request);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    FakeProvider.Asked asked = stage.provider().last();
    assertThat(asked.credential()).isEqualTo("authorization");
    assertThat(asked.fields())
        .doesNotContainKeys("openai-organization", "anthropic-beta", "x-api-key");
    assertThat(asked.fields().toString()).doesNotContain(stage.key());
    assertThat(answer.field("x-request-id")).isEqualTo("req_fake");
  }

  @Test
  void anAnswerWithoutAnIdOfTheProviderHasTheGateways() throws Exception {
    for (String more : List.of("", STREAM)) {
      LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("nameless", more));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.field("request-id"))
          .matches("req_[0-9a-f]{32}")
          .isEqualTo(answer.field("x-request-id"));
    }
    LlmStage.Answer answer = stage.post(CHAT, LlmStage.chat("nameless", ""));
    assertThat(answer.field("x-request-id")).matches("req_[0-9a-f]{32}");
  }

  @Test
  void modelsAndTokenCountsPass() throws Exception {
    LlmStage.Answer models =
        stage.send(
            stage
                .request("/v1/models?limit=20")
                .header("anthropic-version", "2023-06-01")
                .GET()
                .build());
    assertThat(models.status()).as(models.text()).isEqualTo(200);
    assertThat(stage.provider().last().credential()).isEqualTo("x-api-key");
    assertThat(stage.provider().last().target()).isEqualTo("/v1/models?limit=20");
    models = stage.send(stage.request("/v1/models").GET().build());
    assertThat(models.status()).as(models.text()).isEqualTo(200);
    assertThat(stage.provider().last().credential()).isEqualTo("authorization");
    LlmStage.Answer count =
        stage.post(
            MESSAGES + "/count_tokens",
            "{\"model\":\"normal\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
    assertThat(count.status()).as(count.text()).isEqualTo(200);
  }

  @Test
  void aHeaderFieldOfAnotherFormIsRefused() throws Exception {
    for (List<String> wrong :
        List.of(
            List.of("anthropic-version", "latest"),
            List.of("anthropic-beta", "a b"),
            List.of("idempotency-key", "x".repeat(300)))) {
      HttpRequest request =
          stage
              .request(MESSAGES)
              .header(wrong.getFirst(), wrong.getLast())
              .POST(HttpRequest.BodyPublishers.ofString(LlmStage.message("normal", "")))
              .build();
      LlmStage.Answer answer = stage.send(request);
      assertThat(answer.status()).as(wrong.toString()).isEqualTo(400);
      assertThat(answer.error("message")).startsWith(wrong.getFirst() + ": ");
    }
  }

  @Test
  void streamsPassEventByEventInAllDialects() throws Exception {
    for (List<String> one :
        List.of(
            List.of(MESSAGES, LlmStage.message("normal", STREAM)),
            List.of(CHAT, LlmStage.chat("normal", STREAM)),
            List.of(RESPONSES, LlmStage.response("normal", STREAM)))) {
      LlmStage.Answer answer = stage.post(one.getFirst(), one.getLast());
      Speech speech = Speech.of(one.getFirst());
      StringBuilder expected = new StringBuilder(speech.begin("normal"));
      FakeProvider.WORDS.forEach(word -> expected.append(speech.word("normal", word)));
      expected.append(speech.end("normal", TEXT));
      assertThat(answer.text()).isEqualTo(expected.toString());
      assertThat(answer.field("content-type")).isEqualTo("text/event-stream");
    }
  }

  @Test
  void aWordIsHereBeforeTheNextOneIsSaid() throws Exception {
    HttpResponse<InputStream> answer = stage.stream(MESSAGES, LlmStage.message("stall", STREAM));
    try (var lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      // The provider says one word and then nothing more: it must be here all the same.
      String line = lines.readLine();
      while (line != null && !line.contains("text_delta")) {
        line = lines.readLine();
      }
      assertThat(line).contains("Hello");
      // And the empty line that makes it an event.
      assertThat(lines.readLine()).isEmpty();
      // Silence has an end, and it is no clean one.
      assertThat(lines.readLine()).isEqualTo("event: error");
      assertThat(lines.readLine())
          .contains("timeout_error", "llm.provider_timeout", "providers.anthropic.idle_ms");
    }
    assertThat(stage.provider().left("stall").words()).isEqualTo(1);
  }

  @Test
  void aClientThatLeavesEndsTheStreamAtTheProvider() throws Exception {
    HttpResponse<InputStream> answer = stage.stream(MESSAGES, LlmStage.message("slow", STREAM));
    answer.body().read();
    answer.body().close();
    assertThat(stage.provider().left("slow").words()).isLessThan(FakeProvider.WORDS.size());
    // One that leaves before anything came is the same.
    int before = stage.provider().asked().size();
    try (var socket = stage.connect()) {
      socket.getOutputStream().write(stage.raw(LlmStage.message("silent", "")));
      Await.until("the request at the provider", () -> stage.provider().asked().size() > before);
    }
    assertThat(stage.provider().left("silent").words()).isZero();
    assertThat(
            stage
                .gateway()
                .metric("chitin_llm_requests_total{outcome=\"cancelled\",route=\"/v1/messages\"}"))
        .isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {MESSAGES, CHAT, RESPONSES})
  void aClientThatLeavesWithTheLastEventHasAWholeAnswer(String path) throws Exception {
    String last =
        switch (path) {
          case MESSAGES -> "data: {\"type\":\"message_stop\"}";
          case CHAT -> "data: [DONE]";
          default -> "data: {\"type\":\"response.completed\"";
        };
    HttpResponse<InputStream> answer =
        stage.stream(path, LoopStage.body(path, "lingering", STREAM));
    try (var lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      while (line != null && !line.startsWith(last)) {
        line = lines.readLine();
      }
      assertThat(line).isNotNull();
    }
    assertThat(stage.provider().left("lingering").words()).isEqualTo(FakeProvider.WORDS.size());
    String call = answer.headers().firstValue("chitin-call-id").orElseThrow();
    Await.until("the record of its end", () -> !relayed(call).isEmpty());
    assertThat(relayed(call).getFirst())
        .contains("\"status\":\"completed\"")
        .contains("\"output_tokens\":5");
  }

  private static List<String> relayed(String call) {
    return stage.audit().stream()
        .filter(entry -> entry.contains(call) && entry.contains("\"phase\":\"Relayed\""))
        .toList();
  }

  /** Neither silence nor the loss of the connection takes from an answer that is there. */
  @ParameterizedTest
  @ValueSource(strings = {"lingering", "cut-after-last"})
  void whatComesAfterTheLastEventIsNoFaultOfTheAnswer(String model) throws Exception {
    LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message(model, STREAM));
    assertThat(answer.text()).endsWith("data: {\"type\":\"message_stop\"}\n\n");
    assertThat(stage.audit().getLast()).contains("\"status\":\"completed\"");
  }

  @Test
  void aClientThatLeavesAtAnyMomentIsNoFaultOfTheGateway() throws Exception {
    String cancelled = "chitin_llm_requests_total{outcome=\"cancelled\",route=\"/v1/messages\"}";
    double before = stage.gateway().metric(cancelled);
    for (int i = 0; i < LEAVING; i++) {
      try (var socket = stage.connect()) {
        socket.getOutputStream().write(stage.raw(LlmStage.message("slow", STREAM)));
        // From before it is decided on until its answer has begun.
        LockSupport.parkNanos(i * 250_000L);
      }
    }
    Await.until("nobody is left", () -> stage.gateway().metric("chitin_connections") <= 1);
    assertThat(stage.gateway().metric(cancelled)).isGreaterThan(before);
    assertThat(stage.gateway().errors()).doesNotContain("Stream reset");
  }

  /** Between two events, within one, and where a connection ends and the answer does not. */
  @ParameterizedTest
  @ValueSource(strings = {"cut-after-first", "cut-within", "unended"})
  void aProviderThatBreaksOffIsToldInTheDialectOfTheRoute(String model) throws Exception {
    LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message(model, STREAM));
    assertThat(answer.text())
        .contains("Hello")
        .doesNotContain("message_stop")
        .doesNotContain("unfin")
        .containsPattern(
            "\n\nevent: error\ndata: \\{\"type\":\"error\",\"error\":\\{\"type\":\"api_error\"");
    answer = stage.post(CHAT, LlmStage.chat(model, STREAM));
    assertThat(answer.text())
        .contains("Hello")
        .doesNotContain("[DONE]")
        .containsPattern("\n\ndata: \\{\"error\":\\{\"message\"");
    answer = stage.post(RESPONSES, LlmStage.response(model, STREAM));
    assertThat(answer.text())
        .contains("Hello")
        .doesNotContain("response.completed")
        .containsPattern("\n\nevent: error\ndata: \\{\"type\":\"error\",\"code\"");
    assertThat(stage.audit().getLast()).contains("\"status\":\"cut\"");
  }

  @Test
  void anErrorOfTheProviderAmongItsEventsPasses() throws Exception {
    LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("error-after-first", STREAM));
    assertThat(answer.text()).endsWith(Speech.ANTHROPIC.errorEvent());
  }

  @Test
  void whetherToRetryIsTheProvidersToSay() throws Exception {
    for (String said : List.of("true", "false", "maybe")) {
      stage
          .provider()
          .answers(
              "telling",
              new FakeProvider.Raw(
                  500, Map.of("content-type", "application/json", "x-should-retry", said), "{}"));
      LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("telling", ""));
      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.field("x-should-retry")).isEqualTo(said.equals("maybe") ? "" : said);
    }
  }

  @Test
  void errorsOfTheProviderPassAndThoseOfOurCredentialDoNot() throws Exception {
    LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("rate-always", ""));
    assertThat(answer.status()).isEqualTo(429);
    assertThat(answer.field("retry-after")).isEqualTo("1");
    assertThat(answer.field("anthropic-ratelimit-tokens-limit")).isEqualTo("7");
    assertThat(answer.text()).contains("Slow down.");
    assertThat(stage.post(MESSAGES, LlmStage.message("overloaded", "")).status()).isEqualTo(529);
    assertThat(stage.post(MESSAGES, LlmStage.message("broken", "")).status()).isEqualTo(500);
    answer = stage.post(MESSAGES, LlmStage.message("unauthorized", ""));
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.error("type")).isEqualTo("api_error");
    answer = stage.post(CHAT, LlmStage.chat("unauthorized", ""));
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.error("type")).isEqualTo("server_error");
    int before = stage.provider().asked().size();
    answer = stage.post(MESSAGES, LlmStage.message("redirect", ""));
    assertThat(answer.status()).isEqualTo(502);
    assertThat(stage.provider().asked()).hasSize(before + 1);
    assertThat(stage.post(MESSAGES, LlmStage.message("zipped", "")).status()).isEqualTo(502);
    answer = stage.post(MESSAGES, LlmStage.message("zipped-twice", ""));
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.field("content-encoding")).isEmpty();
    answer = stage.post(MESSAGES, LlmStage.message("zipped-on-its-way", ""));
    assertThat(answer.status()).isEqualTo(502);
    answer = stage.post(MESSAGES, LlmStage.message("telling-names", ""));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.field("x-ratelimit-remaining-tokens")).isEqualTo("1");
    assertThat(answer.response().headers().map().keySet())
        .filteredOn(name -> name.startsWith("x-ratelimit-"))
        .containsExactly("x-ratelimit-remaining-tokens");
    answer = stage.post(MESSAGES, LlmStage.message("silent", ""));
    assertThat(answer.status()).isEqualTo(504);
    assertThat(answer.error("type")).isEqualTo("timeout_error");
    assertThat(answer.error("message")).contains("providers.anthropic.first_byte_ms");
    stage.provider().left("silent");
    assertThat(stage.gateway().errors()).doesNotContain("Stream reset");
  }

  @Test
  void aHugeStreamPassesWholeAndWaitsForASlowReader() throws Exception {
    HttpResponse<InputStream> answer = stage.stream(MESSAGES, LlmStage.message("huge", STREAM));
    long words = 0;
    try (var lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      String last = "";
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.contains("text_delta")) {
          assertThat(line).contains("%08d".formatted(words++));
        }
        last = line.isEmpty() ? last : line;
      }
      assertThat(last).contains("message_stop");
    }
    assertThat(words).isEqualTo(FakeProvider.HUGE / (16 * 1024));
    slowReader();
  }

  /** Reads the head and then nothing: the provider is held back, and the gateway keeps nothing. */
  private static void slowReader() throws IOException, InterruptedException {
    try (var socket = new Socket()) {
      socket.setReceiveBufferSize(16 * 1024);
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), stage.url("/").getPort()));
      socket.getOutputStream().write(stage.raw(LlmStage.message("huge", STREAM)));
      InputStream in = socket.getInputStream();
      assertThat(in.read()).isEqualTo('H');
      long written = -1;
      long now = stage.provider().hugeBytes();
      while (now != written || now == 0) {
        written = now;
        // Long enough for a provider that is not held back to write far more.
        Thread.sleep(1_000);
        now = stage.provider().hugeBytes();
      }
      // What lies in the kernel's buffers of two connections, and nothing more.
      assertThat(written).isLessThan(FakeProvider.HUGE * 3L / 4);
    }
    assertThat(stage.provider().left("huge").words()).isPositive();
  }

  @Test
  void recordsComeBeforeAndAfterAndHoldNoText() throws Exception {
    String needle = "needle-" + LlmStage.random();
    LlmStage.Answer answer =
        stage.post(
            MESSAGES, LlmStage.message("normal", ",\"metadata\":{\"x\":\"" + needle + "\"}"));
    String call = answer.field("chitin-call-id");
    List<String> entries = stage.audit().stream().filter(line -> line.contains(call)).toList();
    assertThat(entries.toString()).doesNotContain(needle).doesNotContain("Hello");
    assertThat(entries.getFirst()).contains("\"phase\":\"Authorized\"").contains("llm.anthropic");
    assertThat(entries.stream().filter(e -> e.contains("CredentialAccess"))).hasSize(2);
    String end = entries.getLast();
    assertThat(end)
        .contains("\"phase\":\"Relayed\"")
        .contains("\"status\":\"completed\"")
        .contains("\"model\":\"normal\"")
        .contains("\"http_status\":200")
        .contains("\"input_tokens\":7")
        .contains("\"output_tokens\":5")
        .contains("\"response_digest\":\"sha256:");
  }

  @Test
  void theRecordThatAllowsStandsWhileTheProviderIsAsked() throws Exception {
    int before = stage.provider().asked().size();
    HttpResponse<InputStream> answer = stage.stream(MESSAGES, LlmStage.message("endless", STREAM));
    assertThat(stage.provider().asked()).hasSizeGreaterThan(before);
    String call = answer.headers().firstValue("chitin-call-id").orElseThrow();
    List<String> entries = stage.audit().stream().filter(line -> line.contains(call)).toList();
    assertThat(entries.getFirst()).contains("\"phase\":\"Authorized\"");
    assertThat(entries.toString()).doesNotContain("Relayed");
    answer.body().close();
    stage.provider().left("endless");
  }

  @Test
  void theEndOfAKeyIsTheEndOfItsStreams() throws Exception {
    GatewayProcess.Result created =
        stage.gateway().run("key", "create", "--name", "short", "--role", "agent", "--json");
    JsonValue.Obj key = Json.object(created.out());
    HttpRequest request =
        HttpRequest.newBuilder(stage.url(MESSAGES))
            .header("x-api-key", Json.text(key, "key"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(LlmStage.message("endless", STREAM)))
            .build();
    var client = java.net.http.HttpClient.newHttpClient();
    HttpResponse<InputStream> answer =
        client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    answer.body().read();
    assertThat(stage.gateway().run("key", "revoke", Json.text(key, "id")).exit()).isZero();
    String rest = new String(answer.body().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(rest).contains("event: error").contains("authentication_error");
    assertThat(stage.provider().left("endless").words()).isPositive();
    client.close();
  }

  @Test
  void aConnectionThatBreaksBeforeTheAnswerIsNotTriedAgain() throws Exception {
    int before = stage.provider().asked().size();
    for (String more : List.of("", STREAM)) {
      LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("hangup", more));
      assertThat(answer.status()).as(answer.text()).isEqualTo(502);
      assertThat(answer.error("type")).isEqualTo("api_error");
    }
    assertThat(stage.provider().asked()).hasSize(before + 2);
  }
}
