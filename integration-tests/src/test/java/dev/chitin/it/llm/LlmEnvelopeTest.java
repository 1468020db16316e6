package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.Await;
import dev.chitin.it.GatewayProcess;
import dev.chitin.it.GatewayProcess.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Errors on the providers' routes have the providers' shapes, wherever they arise. */
class LlmEnvelopeTest {
  private static final String MESSAGES = "/v1/messages";
  private static final String CHAT = "/v1/chat/completions";

  private static LlmStage stage;

  @BeforeAll
  static void start() throws Exception {
    stage = LlmStage.start("", "");
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  /** An answer as it stood on the wire. */
  private record Wire(int status, String head, String body) {
    String field(String name) {
      return Arrays.stream(head.split("\r\n"))
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst()
          .orElse("");
    }
  }

  private static Wire exchange(String line, String... fields) throws IOException {
    return exchangeWith(stage.url("/").getAuthority(), line, fields);
  }

  private static Wire exchangeWith(String host, String line, String... fields) throws IOException {
    String request =
        line
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\nConnection: close\r\n"
            + (fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n")
            + "\r\n";
    try (var socket = stage.connect()) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      int head = all.indexOf("\r\n\r\n");
      String body = all.substring(head + 4);
      return new Wire(Integer.parseInt(all.substring(9, 12)), all.substring(0, head), body);
    }
  }

  private static String key() {
    return "x-api-key: " + stage.key();
  }

  private static void anthropic(Wire wire, int status, String type) {
    assertThat(wire.status()).as(wire.toString()).isEqualTo(status);
    JsonValue.Obj body = Json.object(wire.body());
    assertThat(Json.text(body, "type")).isEqualTo("error");
    assertThat(Json.text(Json.object(body, "error"), "type")).isEqualTo(type);
    assertThat(Json.text(Json.object(body, "error"), "message")).isNotEmpty();
    assertThat(Json.text(body, "request_id")).startsWith("req_");
    assertThat(wire.field("request-id")).isEqualTo(Json.text(body, "request_id"));
    assertThat(wire.field("content-type")).isEqualTo("application/json");
  }

  private static void openAi(Wire wire, int status, String type, String code) {
    assertThat(wire.status()).as(wire.toString()).isEqualTo(status);
    JsonValue.Obj error = Json.object(Json.object(wire.body()), "error");
    assertThat(Json.text(error, "type")).isEqualTo(type);
    assertThat(Json.text(error, "code")).isEqualTo(code);
    assertThat(error.members()).containsKeys("message", "param");
    assertThat(wire.field("x-request-id")).startsWith("req_");
  }

  @Test
  void errorsOfTheEdgeHaveTheShapeOfTheRoute() throws Exception {
    anthropic(exchange("POST " + MESSAGES), 401, "authentication_error");
    openAi(exchange("POST " + CHAT), 401, "invalid_request_error", "invalid_api_key");
    openAi(exchange("POST /v1/responses"), 401, "invalid_request_error", "invalid_api_key");
    openAi(exchange("GET /v1/models"), 401, "invalid_request_error", "invalid_api_key");
    anthropic(
        exchange("GET /v1/models", "anthropic-version: 2023-06-01"), 401, "authentication_error");
    anthropic(exchangeWith("evil.example", "POST " + MESSAGES, key()), 403, "permission_error");
    openAi(
        exchangeWith("evil.example", "POST " + CHAT, key()),
        403,
        "invalid_request_error",
        "request.host_forbidden");
    anthropic(
        exchange("POST " + MESSAGES, key(), "Origin: https://evil.example"),
        403,
        "permission_error");
    anthropic(exchange("POST " + MESSAGES + "/nothing", key()), 404, "not_found_error");
    openAi(
        exchange("POST " + CHAT + "/x", key()), 404, "invalid_request_error", "request.not_found");
    Wire wrong = exchange("GET " + MESSAGES, key());
    anthropic(wrong, 405, "invalid_request_error");
    assertThat(wrong.field("allow")).isEqualTo("POST");
    anthropic(
        exchange("POST " + MESSAGES, key(), "Content-Type: text/plain", "Content-Length: 0"),
        415,
        "invalid_request_error");
    anthropic(
        exchange(
            "POST " + MESSAGES,
            key(),
            "Content-Type: application/json",
            "Expect: 100-continue",
            "Content-Length: 1099511627776"),
        413,
        "request_too_large");
    openAi(
        exchange(
            "POST " + CHAT,
            key(),
            "Content-Type: application/json",
            "Expect: 100-continue",
            "Content-Length: 1099511627776"),
        413,
        "invalid_request_error",
        "request.too_large");
    anthropic(
        exchange("POST " + MESSAGES, key(), "authorization: Bearer ck_other"),
        400,
        "invalid_request_error");
    String auditor = stage.gateway().key("looks-only", "auditor");
    anthropic(
        exchange(
            "POST " + MESSAGES,
            "x-api-key: " + auditor,
            "Content-Type: application/json",
            "Content-Length: 0"),
        403,
        "permission_error");
    assertThat(stage.provider().asked()).isEmpty();
    // Elsewhere nothing changed.
    assertThat(exchange("GET /v1/tools").field("content-type"))
        .isEqualTo("application/problem+json");
  }

  @Test
  void whoAsksTooOftenIsToldInTheVendorsWords() throws Exception {
    try (var limited =
        LlmStage.start(
            "",
            ", \"gateway\": { \"rate_limit\": { \"requests_per_minute\": 1, \"burst\": 2 } }")) {
      LlmStage.Answer first = limited.post(MESSAGES, LlmStage.message("normal", ""));
      assertThat(first.status()).as(first.text()).isEqualTo(200);
      assertThat(first.field("anthropic-ratelimit-requests-limit")).isEqualTo("1");
      assertThat(first.field("ratelimit")).isEmpty();
      LlmStage.Answer second = limited.post(CHAT, LlmStage.chat("normal", ""));
      assertThat(second.status()).as(second.text()).isEqualTo(200);
      assertThat(second.field("x-ratelimit-remaining-requests")).isEqualTo("0");
      LlmStage.Answer third = limited.post(MESSAGES, LlmStage.message("normal", ""));
      assertThat(third.status()).isEqualTo(429);
      assertThat(third.error("type")).isEqualTo("rate_limit_error");
      assertThat(Long.parseLong(third.field("retry-after"))).isBetween(1L, 60L);
      assertThat(third.field("anthropic-ratelimit-requests-remaining")).isEqualTo("0");
      LlmStage.Answer fourth = limited.post(CHAT, LlmStage.chat("normal", ""));
      assertThat(fourth.status()).isEqualTo(429);
      assertThat(fourth.error("code")).isEqualTo("rate_limit_exceeded");
      assertThat(limited.provider().asked()).hasSize(2);
    }
  }

  @Test
  void memoryForBodiesHasABoundThatIsToldInTheRoutesShape() throws Exception {
    try (var small =
        LlmStage.start(
            "",
            ", \"gateway\": { \"limits\": { \"llm_body_bytes\": 65536, \"llm_bodies_bytes\": 65536 } }")) {
      // One body is on its way and holds half of the room.
      try (var socket = small.connect()) {
        byte[] request = small.raw("x".repeat(65_536));
        socket.getOutputStream().write(request, 0, request.length - 25_000);
        socket.getOutputStream().flush();
        Await.until(
            "most of a body", () -> small.gateway().metric("chitin_llm_bodies_bytes") >= 40_000);
        String large = LlmStage.message("normal", ",\"x\":\"" + "y".repeat(50_000) + "\"");
        LlmStage.Answer answer = small.post(MESSAGES, large);
        assertThat(answer.status()).as(answer.text()).isEqualTo(529);
        assertThat(answer.error("type")).isEqualTo("overloaded_error");
        answer = small.post(CHAT, large);
        assertThat(answer.status()).as(answer.text()).isEqualTo(503);
        assertThat(answer.error("type")).isEqualTo("server_error");
        assertThat(small.provider().asked()).isEmpty();
      }
      // The client that left gives its part back.
      Await.until("its room", () -> small.gateway().metric("chitin_llm_bodies_bytes") == 0);
      LlmStage.Answer answer =
          small.post(MESSAGES, LlmStage.message("normal", ",\"x\":\"" + "y".repeat(50_000) + "\""));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }
  }

  @Test
  void aProviderThatIsNotConfiguredIsNotFound() throws Exception {
    try (var gateway = GatewayProcess.start(GatewayProcess.home(""))) {
      String key = gateway.key("agent", "agent");
      var client = java.net.http.HttpClient.newHttpClient();
      var request =
          java.net.http.HttpRequest.newBuilder(gateway.url().resolve(MESSAGES))
              .header("x-api-key", key)
              .header("content-type", "application/json")
              .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      var answer = client.send(request, java.net.http.HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(answer.body()).contains("not_found_error").contains("providers.anthropic");
      client.close();
    }
  }
}
