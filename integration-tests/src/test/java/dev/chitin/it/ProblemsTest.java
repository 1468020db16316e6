package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Bad requests: each its own problem document, nothing logged as an error, no stack trace anywhere.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProblemsTest {
  private static final String CALLS = "/v1/tools/process_run/calls";

  private GatewayProcess gateway;
  private Agent agent;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway = GatewayProcess.start(GatewayProcess.home(""));
    agent = new Agent(gateway.url(), gateway.key("agent", "agent"));
  }

  @AfterAll
  void theLogHoldsNoErrorAndNoStackTrace() throws IOException {
    String errors = gateway.errors();
    agent.close();
    gateway.close();
    assertThat(errors)
        .doesNotContain(" ERROR ")
        .doesNotContain("\tat ")
        .doesNotContain("Exception");
  }

  private static void isProblem(Agent.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.contentType()).isEqualTo("application/problem+json");
    JsonValue.Obj body = answer.body();
    assertThat(body.get("code")).isEqualTo(new JsonValue.Str(code));
    assertThat(body.get("type")).isEqualTo(new JsonValue.Str("urn:chitin:problem:" + code));
    assertThat(body.get("status")).isEqualTo(new JsonValue.Int(status));
    assertThat(answer.member("detail")).isNotEmpty().doesNotContain("Exception");
    assertThat(answer.text()).doesNotContain("dev.chitin").doesNotContain("java.");
  }

  @Test
  void aWrongKey() throws Exception {
    try (var stranger = new Agent(gateway.url(), "ck_0000_not_a_key")) {
      isProblem(stranger.get("/v1/tools"), 401, "auth.invalid");
    }
  }

  @Test
  void aWellFormedKeyThatNobodyHas() throws Exception {
    GatewayProcess.Result created = gateway.run("key", "create", "--name", "gone", "--json");
    JsonValue.Obj key = GatewayProcess.Json.object(created.out());
    try (var gone = new Agent(gateway.url(), GatewayProcess.Json.text(key, "key"))) {
      assertThat(gone.get("/v1/tools").status()).isEqualTo(200);
      assertThat(gateway.run("key", "revoke", GatewayProcess.Json.text(key, "id")).exit()).isZero();
      isProblem(gone.get("/v1/tools"), 401, "auth.invalid");
    }
  }

  @Test
  void noKey() throws Exception {
    isProblem(
        agent.send(HttpRequest.newBuilder(gateway.url().resolve("/v1/tools")).build()),
        401,
        "auth.missing");
  }

  @Test
  void aKeyWithoutTheScope() throws Exception {
    try (var auditor = new Agent(gateway.url(), gateway.key("auditor", "auditor"))) {
      isProblem(auditor.run("id"), 403, "auth.scope_insufficient");
    }
  }

  /** No key of the configuration makes a secret longer. */
  @Test
  void aSecretThatIsTooLongIsToldTheBoundThatHolds() throws Exception {
    try (var admin = new Agent(gateway.url(), gateway.key("keeper", "admin"))) {
      for (int size : new int[] {70_000, 2 << 20}) {
        Agent.Answer answer =
            admin.send(
                admin
                    .request("/v1/secrets/long")
                    .header("content-type", "application/octet-stream")
                    .PUT(HttpRequest.BodyPublishers.ofByteArray(new byte[size]))
                    .build());
        isProblem(answer, 413, "request.too_large");
        assertThat(answer.text()).contains("A secret has at most 65536 bytes.");
        assertThat(answer.text()).doesNotContain("gateway.limits");
      }
    }
  }

  @Test
  void aBodyOfTenMebibytes() throws Exception {
    byte[] body = new byte[10 << 20];
    Arrays.fill(body, (byte) ' ');
    isProblem(
        agent.send(
            agent
                .request(CALLS)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build()),
        413,
        "request.too_large");
  }

  @Test
  void brokenJson() throws Exception {
    isProblem(agent.post(CALLS, "{\"arguments\":{\"argv\":[\"id\"]}"), 400, "request.malformed");
  }

  @Test
  void aNameThatOccursTwiceAlsoWhenEscaped() throws Exception {
    Agent.Answer answer =
        agent.post(CALLS, "{\"arguments\":{\"argv\":[\"id\"],\"\\u0061rgv\":[\"env\"]}}");
    isProblem(answer, 400, "request.malformed");
    assertThat(answer.member("detail")).contains("twice");
  }

  @Test
  void anUnknownMemberOfTheEnvelope() throws Exception {
    Agent.Answer answer = agent.post(CALLS, "{\"arguments\":{\"argv\":[\"id\"]},\"timeoutms\":1}");
    isProblem(answer, 400, "request.unknown_field");
    assertThat(answer.member("detail")).contains("timeoutMs");
  }

  @Test
  void anUnknownTool() throws Exception {
    isProblem(agent.call("no_such_tool", JsonValue.Obj.EMPTY), 404, "tool.unknown");
  }

  @Test
  void aMissingArgument() throws Exception {
    Agent.Answer answer = agent.call("process_run", JsonValue.Obj.EMPTY);
    isProblem(answer, 422, "request.arguments_invalid");
    assertThat(answer.text()).contains("argv");
  }

  @Test
  void anArgumentOfTheWrongType() throws Exception {
    Agent.Answer answer = agent.call("process_run", JsonValue.object().put("argv", "id").build());
    isProblem(answer, 422, "request.arguments_invalid");
    assertThat(answer.text()).contains("/arguments/argv");
  }

  @Test
  void anArgumentThatTheSchemaDoesNotKnow() throws Exception {
    isProblem(
        agent.call(
            "process_run",
            JsonValue.object().put("argv", java.util.List.of("id")).put("approved", true).build()),
        422,
        "request.arguments_invalid");
  }

  @Test
  void anotherMediaType() throws Exception {
    isProblem(
        agent.send(
            agent
                .request(CALLS)
                .header("content-type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build()),
        415,
        "request.unsupported_media_type");
  }

  private HttpRequest.Builder echo(String type) {
    return agent
        .request(CALLS)
        .header("content-type", type)
        .POST(HttpRequest.BodyPublishers.ofString("{\"arguments\":{\"argv\":[\"true\"]}}"));
  }

  @Test
  void anotherCharset() throws Exception {
    for (String utf8 : new String[] {"utf-8", "\"UTF-8\""}) {
      assertThat(agent.send(echo("application/json; charset=" + utf8).build()).status())
          .isEqualTo(200);
    }
    for (String parameters : new String[] {"charset=utf-16", "charset=utf-8;charset=utf-16"}) {
      isProblem(
          agent.send(echo("application/json;" + parameters).build()),
          415,
          "request.unsupported_media_type");
    }
  }

  @Test
  void anAnswerThatTheCallerDoesNotTake() throws Exception {
    for (String accept : new String[] {"application/xml", "xtext/event-streamx"}) {
      isProblem(
          agent.send(echo("application/json").header("accept", accept).build()),
          406,
          "request.not_acceptable");
    }
    isProblem(
        agent.send(
            echo("application/json")
                .header("accept", "text/event-stream")
                .header("prefer", "respond-async")
                .build()),
        406,
        "request.not_acceptable");
    String noEvents = "text/event-stream;q=0, application/json;q=0.1";
    assertThat(
            agent.send(echo("application/json").header("accept", noEvents).build()).contentType())
        .isEqualTo("application/json");
    String both = "application/json, text/event-stream";
    assertThat(agent.send(echo("application/json").header("accept", both).build()).contentType())
        .startsWith("text/event-stream");
  }

  @Test
  void anUnknownPathAndAWrongMethod() throws Exception {
    isProblem(agent.get("/v2/tools"), 404, "request.not_found");
    isProblem(
        agent.send(agent.request("/v1/tools").DELETE().build()), 405, "request.method_not_allowed");
  }

  @Test
  void aForeignHostAndAForeignOrigin() throws Exception {
    isProblem(
        agent.send(agent.request("/v1/tools").header("origin", "https://evil.test").build()),
        403,
        "request.origin_forbidden");
    String answer =
        Raw.exchange(
            gateway.url(),
            "GET /v1/tools HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 403").contains("request.host_forbidden");
  }

  @Test
  void headersAndTargetsBeyondTheirBounds() throws Exception {
    String host = "Host: " + gateway.url().getAuthority() + "\r\n";
    assertThat(
            Raw.exchange(
                gateway.url(), "GET /" + "a".repeat(9_000) + " HTTP/1.1\r\n" + host + "\r\n"))
        .matches("(?s)HTTP/1\\.[01] 414 .*request\\.uri_too_long.*");
    assertThat(
            Raw.exchange(
                gateway.url(),
                "GET / HTTP/1.1\r\n" + host + "X: " + "a".repeat(20_000) + "\r\n\r\n"))
        .matches("(?s)HTTP/1\\.[01] 431 .*request\\.headers_too_large.*");
    assertThat(Raw.exchange(gateway.url(), "\u0000\u0001 not http\r\n\r\n"))
        .matches("(?s)HTTP/1\\.[01] 400 .*request\\.malformed.*");
  }

  @Test
  void aProblemNeverRepeatsTheArguments() throws Exception {
    String marker = "marker-" + Long.toHexString(System.nanoTime());
    Agent.Answer answer = agent.post(CALLS, "{\"arguments\":{\"argv\":[\"" + marker + "\"");
    isProblem(answer, 400, "request.malformed");
    assertThat(answer.text()).doesNotContain(marker);
    assertThat(gateway.errors().getBytes(StandardCharsets.UTF_8)).isNotNull();
  }
}
