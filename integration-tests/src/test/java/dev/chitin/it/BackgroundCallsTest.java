package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Json;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Calls that go on without their client, and keys that make a call once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BackgroundCallsTest {
  private static final String CALLS = "/v1/tools/process_run/calls";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private GatewayProcess gateway;
  private Agent agent;
  private Agent other;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway = GatewayProcess.start(GatewayProcess.home(GatewayProcess.HIGH_RATE));
    agent = new Agent(gateway.url(), gateway.key("agent", "agent"));
    other = new Agent(gateway.url(), gateway.key("other", "agent"));
  }

  @AfterAll
  void stop() {
    agent.close();
    other.close();
    http.shutdownNow();
    gateway.close();
  }

  private HttpRequest.Builder call(Agent who, String path, JsonValue.Obj arguments) {
    return who.request(path)
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(Agent.body(arguments)));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(
        request.timeout(Duration.ofMinutes(2)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> later(String... argv) throws IOException, InterruptedException {
    return send(call(agent, CALLS, Agent.argv(argv)).header("prefer", "respond-async"));
  }

  private static String location(HttpResponse<String> answer) {
    return answer.headers().firstValue("location").orElseThrow();
  }

  /** The stream of events ends with the call. */
  private Agent.Answer over(String location) throws IOException, InterruptedException {
    assertThat(agent.get(location + "/events").status()).isEqualTo(200);
    return agent.get(location);
  }

  private JsonValue.Obj awaitOver(String location) throws IOException, InterruptedException {
    return over(location).body();
  }

  // ---- asynchronous ----

  @Test
  void aCallThatIsAskedForLaterIsFoundAtItsLocation() throws Exception {
    HttpResponse<String> accepted = later("echo", "found later");
    assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
    assertThat(accepted.headers().firstValue("preference-applied")).contains("respond-async");
    assertThat(accepted.headers().firstValue("retry-after")).contains("1");
    JsonValue.Obj document = awaitOver(location(accepted));
    assertThat(Json.text(document, "status")).isEqualTo("exit 0");
    assertThat(Json.text(document, "stdout")).isEqualTo("found later\n");
    assertThat(location(accepted)).endsWith(Json.text(document, "callId"));
  }

  @Test
  void anotherCallerDoesNotFindIt() throws Exception {
    String location = location(later("echo", "mine"));
    for (Agent.Answer answer :
        List.of(
            other.get(location),
            other.get(location + "/events"),
            other.send(other.request(location).DELETE().build()),
            agent.get("/v1/calls/call_00"))) {
      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.member("code")).isEqualTo("call.unknown");
    }
    awaitOver(location);
  }

  private String narrowed(String name, String... scopes) throws Exception {
    List<String> line = new ArrayList<>(List.of("key", "create", "--name", name, "--json"));
    for (String scope : scopes) {
      line.addAll(List.of("--scope", scope));
    }
    return Json.text(Json.object(gateway.run(line.toArray(String[]::new)).out()), "key");
  }

  /** Looks, follows and takes back. */
  private static List<Agent.Answer> approaches(Agent who, String location) throws Exception {
    return List.of(
        who.get(location),
        who.get(location + "/events"),
        who.send(who.request(location).DELETE().build()));
  }

  @Test
  void aKeyFindsOnlyCallsOfToolsThatItMayCall() throws Exception {
    String location = location(later("sleep", "300"));
    try (var narrow = new Agent(gateway.url(), narrowed("agent", "tools:call:fs_*"));
        var reader = new Agent(gateway.url(), narrowed("agent", "tools:read"));
        var wide = new Agent(gateway.url(), narrowed("agent", "tools:call:process_*"))) {
      for (Agent.Answer answer : approaches(narrow, location)) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(404);
        assertThat(answer.member("code")).isEqualTo("call.unknown");
      }
      for (Agent.Answer answer : approaches(reader, location)) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(403);
        assertThat(answer.member("code")).isEqualTo("auth.scope_insufficient");
      }
      assertThat(wide.get(location).member("status")).isEqualTo("running");
      assertThat(wide.send(wide.request(location).DELETE().build()).status()).isEqualTo(202);
      awaitOver(location);
    }
  }

  @Test
  void aRefusalIsFoundThereAsWell() throws Exception {
    HttpResponse<String> accepted =
        send(
            call(agent, "/v1/tools/fs_read/calls", Agent.path("~/.ssh/id_rsa"))
                .header("prefer", "respond-async"));
    assertThat(accepted.statusCode()).isEqualTo(202);
    Agent.Answer answer = over(location(accepted));
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.member("code")).isEqualTo("policy.path_denied");
  }

  @Test
  void itsOwnerTakesItBack() throws Exception {
    String location = location(later("sleep", "300"));
    Agent.Answer taken = agent.send(agent.request(location).DELETE().build());
    assertThat(taken.status()).isEqualTo(202);
    JsonValue.Obj document = awaitOver(location);
    // It may be taken back before its tool starts.
    boolean ran = document.get("status") instanceof JsonValue.Str;
    assertThat(Json.text(document, ran ? "cancelReason" : "detail"))
        .contains("agent asked for it by DELETE");
    assertThat(agent.send(agent.request(location).DELETE().build()).status()).isEqualTo(200);
  }

  @Test
  void itsEventsAreSentAgainFromWhereTheReaderWas() throws Exception {
    String location = location(later("seq", "1", "5"));
    awaitOver(location);
    String all = agent.get(location + "/events").text();
    assertThat(all).startsWith("retry: 2000\n\n");
    assertThat(all).contains("event: started\nid: 0\n").contains("event: result\nid: ");
    assertThat(all).contains("1\\n2\\n3\\n4\\n5\\n");
    Agent.Answer rest =
        agent.send(agent.request(location + "/events").header("last-event-id", "0").build());
    assertThat(rest.text()).doesNotContain("event: started").contains("event: stdout\nid: 1\n");
    String last = all.substring(all.lastIndexOf("\nid: ") + 5).lines().findFirst().orElseThrow();
    Agent.Answer nothing =
        agent.send(agent.request(location + "/events").header("last-event-id", last).build());
    assertThat(nothing.status()).as("tells a reader not to come back").isEqualTo(204);
    assertThat(nothing.text()).isEmpty();
    for (String wrong : List.of("x", "-1", "99", "9999999999999999")) {
      Agent.Answer refused =
          agent.send(agent.request(location + "/events").header("last-event-id", wrong).build());
      assertThat(refused.status()).as(wrong).isEqualTo(400);
    }
  }

  @Test
  void whatTheRingHasForgottenIsToldAsAGap() throws Exception {
    String location = location(later("seq", "1", "150000"));
    awaitOver(location);
    String events = agent.get(location + "/events").text();
    assertThat(events).contains("event: gap\ndata: {\"from\":0,").contains("150000\\n");
    assertThat(events).contains("event: result\n");
    assertThat(events.length()).isLessThan(4 << 20);
  }

  @Test
  void eventsComeWhileTheCallRuns() throws Exception {
    String location = location(later("sleep", "300"));
    var stream =
        http.send(
            agent.request(location + "/events").build(), HttpResponse.BodyHandlers.ofInputStream());
    var reader = stream.body();
    byte[] head = reader.readNBytes("retry: 2000\n\nevent: started".length());
    assertThat(new String(head, java.nio.charset.StandardCharsets.UTF_8)).endsWith("started");
    agent.send(agent.request(location).DELETE().build());
    assertThat(new String(reader.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
        .contains("cancelled");
  }

  @Test
  void theStreamOfARevokedKeyEndsAndTheCallOfAnotherGoesOn() throws Exception {
    JsonValue.Obj made =
        Json.object(gateway.run("key", "create", "--name", "agent", "--json").out());
    String location = location(later("sleep", "300"));
    try (var reader = new Agent(gateway.url(), Json.text(made, "key"));
        var stream = new EventReader(reader, location + "/events", null)) {
      stream.until(line -> line.equals("event: started"));
      assertThat(gateway.run("key", "revoke", Json.text(made, "id")).exit()).isZero();
      assertThat(stream.until(line -> false)).anyMatch(line -> line.contains("auth.invalid"));
    }
    assertThat(agent.get(location).member("status")).isEqualTo("running");
    agent.send(agent.request(location).DELETE().build());
    awaitOver(location);
  }

  @Test
  void aCallHasEightReadersAndAPrincipalThirtyTwoOnAllConnections() throws Exception {
    List<EventReader> open = new ArrayList<>();
    List<String> locations = new ArrayList<>();
    try {
      for (int call = 0; call < 4; call++) {
        locations.add(location(later("sleep", "300")));
        for (int i = 0; i < 8; i++) {
          open.add(new EventReader(agent, locations.getLast() + "/events", null));
        }
        if (call == 0) {
          assertThat(agent.get(locations.getLast() + "/events").text())
              .contains("gateway.limits.event_streams_per_call");
        }
      }
      locations.add(location(later("sleep", "300")));
      Agent.Answer refused = agent.get(locations.getLast() + "/events");
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.text()).contains("gateway.limits.event_streams_per_principal");
    } finally {
      for (EventReader reader : open) {
        reader.close();
      }
      for (String location : locations) {
        agent.send(agent.request(location).DELETE().build());
      }
    }
    for (String location : locations) {
      Await.until("room for a reader", () -> agent.get(location + "/events").status() == 200);
    }
  }

  // ---- idempotency keys ----

  private HttpRequest.Builder keyed(String key, String... argv) {
    return call(agent, CALLS, Agent.argv(argv)).header("idempotency-key", key);
  }

  private JsonValue.Obj counted(String text) {
    return JsonValue.object().put("path", "count.txt").put("content", text).build();
  }

  @Test
  void theSecondRequestWithAKeyGetsTheFirstAnswerAndRunsNothing() throws Exception {
    String key = UUID.randomUUID().toString();
    HttpRequest.Builder write =
        call(agent, "/v1/tools/fs_write/calls", counted("first")).header("idempotency-key", key);
    HttpResponse<String> first = send(write);
    assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
    assertThat(first.headers().firstValue("idempotency-replayed")).isEmpty();
    Path file = gateway.workspace().resolve("count.txt");
    Files.writeString(file, "changed since");
    HttpResponse<String> second = send(write);
    assertThat(second.body()).isEqualTo(first.body());
    assertThat(second.headers().firstValue("idempotency-replayed")).contains("true");
    assertThat(file).hasContent("changed since");
  }

  @Test
  void fourPrincipalsWhoseCallsAreOverLeaveAFifthItsPlacesAndNothingRunsAgain() throws Exception {
    String first = "";
    for (int owner = 0; owner < 4; owner++) {
      try (var holder = new Agent(gateway.url(), gateway.key("holder" + owner, "agent"))) {
        HttpRequest.Builder write = call(holder, "/v1/tools/fs_write/calls", counted("first"));
        for (int i = 0; i < 64; i++) {
          HttpResponse<String> made = send(write.setHeader("idempotency-key", "k" + i));
          assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
          first = owner == 3 && i == 0 ? Json.text(Json.object(made.body()), "callId") : first;
        }
      }
    }
    try (var newcomer = new Agent(gateway.url(), gateway.key("newcomer", "agent"));
        var holder = new Agent(gateway.url(), gateway.key("holder3", "agent"))) {
      for (int i = 0; i < 8; i++) {
        HttpRequest.Builder list = call(newcomer, "/v1/tools/fs_list/calls", Agent.path("."));
        HttpResponse<String> made = send(list.header("idempotency-key", "n" + i));
        assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
      }
      HttpResponse<String> accepted =
          send(call(newcomer, CALLS, Agent.argv("echo", "mine")).header("prefer", "respond-async"));
      assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
      // Its own 65th puts out its first, wherever the newcomer took places before.
      HttpRequest.Builder write = call(holder, "/v1/tools/fs_write/calls", counted("first"));
      for (int i = 64; i < 128; i++) {
        assertThat(send(write.setHeader("idempotency-key", "k" + i)).statusCode()).isEqualTo(200);
      }
      assertThat(holder.get("/v1/calls/" + first).status()).isEqualTo(404);
      Path file = gateway.workspace().resolve("count.txt");
      Files.writeString(file, "changed since");
      HttpResponse<String> again = send(write.setHeader("idempotency-key", "k0"));
      assertThat(again.headers().firstValue("idempotency-replayed")).contains("true");
      assertThat(Json.text(Json.object(again.body()), "callId")).isEqualTo(first);
      assertThat(again.body()).contains("no longer kept");
      assertThat(file).hasContent("changed since");
    }
  }

  @Test
  void aKeyIsForOneBodyOneToolAndOneCaller() throws Exception {
    String key = UUID.randomUUID().toString();
    assertThat(send(keyed(key, "echo", "a")).statusCode()).isEqualTo(200);
    HttpResponse<String> otherBody = send(keyed(key, "echo", "b"));
    assertThat(otherBody.statusCode()).isEqualTo(422);
    assertThat(otherBody.body()).contains("idempotency.mismatch");
    String hurried = Agent.body(Agent.argv("echo", "a")).replaceFirst("}$", ",\"timeoutMs\":9999}");
    HttpResponse<String> otherTime =
        send(keyed(key, "echo", "a").POST(HttpRequest.BodyPublishers.ofString(hurried)));
    assertThat(otherTime.statusCode()).isEqualTo(422);
    HttpResponse<String> otherTool =
        send(
            call(agent, "/v1/tools/fs_list/calls", Agent.path(".")).header("idempotency-key", key));
    assertThat(otherTool.statusCode()).isEqualTo(200);
    HttpResponse<String> otherCaller =
        send(call(other, CALLS, Agent.argv("echo", "b")).header("idempotency-key", key));
    assertThat(otherCaller.body()).contains("b\\n");
  }

  @Test
  void whileTheFirstRunsTheSecondIsToldSo() throws Exception {
    String key = UUID.randomUUID().toString();
    HttpResponse<String> accepted =
        send(keyed(key, "sleep", "300").header("prefer", "respond-async"));
    assertThat(accepted.statusCode()).isEqualTo(202);
    HttpResponse<String> second = send(keyed(key, "sleep", "300"));
    assertThat(second.statusCode()).isEqualTo(409);
    assertThat(second.body()).contains("idempotency.in_progress");
    assertThat(second.headers().firstValue("retry-after")).contains("1");
    assertThat(second.headers().firstValue("idempotency-replayed")).isEmpty();
    assertThat(location(second)).isEqualTo(location(accepted));
    agent.send(agent.request(location(accepted)).DELETE().build());
    awaitOver(location(accepted));
  }

  @Test
  void aClientThatLeavesDoesNotEndItsKeyedCall() throws Exception {
    String key = UUID.randomUUID().toString();
    var sent =
        http.sendAsync(keyed(key, "sleep", "3").build(), HttpResponse.BodyHandlers.ofString());
    awaitRunning();
    HttpResponse<String> running = send(keyed(key, "sleep", "3"));
    assertThat(running.statusCode()).as(running.body()).isEqualTo(409);
    sent.cancel(true);
    assertThat(Json.text(awaitOver(location(running)), "status")).isEqualTo("exit 0");
  }

  private void awaitRunning() throws Exception {
    try (var operator = new Agent(gateway.url(), gateway.key("operator", "operator"))) {
      Await.until(
          "the call", () -> operator.get("/metrics").text().contains("chitin_calls_running 1.0"));
    }
  }

  @Test
  void badKeysAreRefusedAndOtherRoutesTakeNone() throws Exception {
    for (String bad : List.of("a b", "x".repeat(256))) {
      assertThat(send(keyed(bad, "true")).statusCode()).as(bad).isEqualTo(400);
    }
    assertThat(send(agent.request("/v1/tools").header("idempotency-key", "k")).statusCode())
        .isEqualTo(400);
  }

  private HttpResponse<String> keyed(GatewayProcess at, String secret, String key, String... argv)
      throws IOException, InterruptedException {
    try (var client = new Agent(at.url(), secret)) {
      return send(call(client, CALLS, Agent.argv(argv)).header("idempotency-key", key));
    }
  }

  private static void assertEndIsKnown(HttpResponse<String> answer, String callId) {
    JsonValue.Obj document = Json.object(answer.body());
    assertThat(Json.text(document, "status")).isEqualTo("exit 0");
    assertThat(Json.text(document, "callId")).isEqualTo(callId);
    assertThat(document.get("stdout")).isNull();
    assertThat(answer.headers().firstValue("idempotency-replayed")).contains("true");
  }

  @Test
  void aStartKnowsHowKeyedCallsEndedAndRunsNoneAgainThatMayHaveRun() throws Exception {
    Path home = GatewayProcess.home("\"gateway\": { \"limits\": { \"calls_per_principal\": 1 } }");
    String secret;
    String callId;
    try (var first = GatewayProcess.start(home)) {
      secret = first.key("agent", "agent");
      HttpResponse<String> done = keyed(first, secret, "done", "echo", "done");
      callId = Json.text(Json.object(done.body()), "callId");
      try (var client = new Agent(first.url(), secret)) {
        String location =
            location(
                send(
                    call(client, CALLS, Agent.argv("sleep", "300"))
                        .header("prefer", "respond-async")));
        assertThat(keyed(first, secret, "refused", "echo", "refused").body())
            .contains("call.limit");
        client.send(client.request(location).DELETE().build());
        client.get(location + "/events");
      }
      first.stop();
      try (var second = GatewayProcess.start(home)) {
        assertEndIsKnown(keyed(second, secret, "done", "echo", "done"), callId);
        assertThat(keyed(second, secret, "refused", "echo", "refused").body())
            .contains("refused\\n");
        try (var client = new Agent(second.url(), secret)) {
          send(
              call(client, CALLS, Agent.argv("sleep", "300"))
                  .header("prefer", "respond-async")
                  .header("idempotency-key", "lost"));
        }
        second.kill();
        try (var third = GatewayProcess.start(home)) {
          assertEndIsKnown(keyed(third, secret, "done", "echo", "done"), callId);
          HttpResponse<String> lost = keyed(third, secret, "lost", "sleep", "300");
          assertThat(Json.text(Json.object(lost.body()), "status")).isEqualTo("unknown");
          assertThat(Files.readString(home.resolve("run/idempotency"))).doesNotContain("lost");
        }
      }
    }
  }
}
