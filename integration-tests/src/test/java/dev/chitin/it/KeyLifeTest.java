package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a key may do, and what ends with it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeyLifeTest {
  private GatewayProcess gateway;

  @BeforeAll
  void start() throws IOException {
    gateway =
        GatewayProcess.start(
            GatewayProcess.home("\"gateway\": { \"session\": { \"idle_ms\": 4000 } }"));
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  /** A key that was just made. */
  private record Made(String id, String key) {}

  private Made make(String... arguments) throws IOException, InterruptedException {
    List<String> line = new java.util.ArrayList<>(List.of("key"));
    line.addAll(List.of(arguments));
    line.add("--json");
    Result result = gateway.run(line.toArray(String[]::new));
    assertThat(result.exit()).as(result.err()).isZero();
    JsonValue.Obj body = Json.object(result.out());
    return new Made(Json.text(body, "id"), Json.text(body, "key"));
  }

  private Agent agent(Made key) {
    return new Agent(gateway.url(), key.key());
  }

  private static void isRefused(Agent.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.member("code")).isEqualTo(code);
  }

  @Test
  void namesOfToolsLimitTheListAndTheCalls() throws Exception {
    Made key =
        make("create", "--name", "narrow", "--scope", "tools:read", "--scope", "tools:call:fs_*");
    try (Agent narrow = agent(key)) {
      assertThat(narrow.get("/v1/tools").text())
          .contains("fs_read", "fs_list")
          .doesNotContain("process_run")
          .doesNotContain("http_fetch");
      assertThat(narrow.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
      Agent.Answer refused = narrow.run("true");
      isRefused(refused, 403, "auth.scope_insufficient");
      assertThat(refused.member("rule")).contains("tools:call:fs_*");
      assertThat(refused.member("hint")).contains("tools:call");
      isRefused(narrow.get("/v1/tools/process_run"), 403, "auth.scope_insufficient");
      isRefused(narrow.get("/v1/tools/no_such"), 403, "auth.scope_insufficient");
    }
    Made reader = make("create", "--name", "reader", "--scope", "tools:read");
    try (Agent readOnly = agent(reader)) {
      assertThat(readOnly.get("/v1/tools").text()).contains("process_run");
      Agent.Answer refused = readOnly.run("true");
      isRefused(refused, 403, "auth.scope_insufficient");
      assertThat(refused.member("rule")).isEqualTo("scope.tools:call");
    }
  }

  @Test
  void aWiderKeyIsRefusedWhenItIsMade() throws Exception {
    Result refused =
        gateway.run("key", "create", "--name", "wide", "--role", "agent", "--scope", "admin");
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.err()).contains("role.agent").contains("never wider");
    assertThat(gateway.run("key", "list").out()).doesNotContain("wide");
  }

  @Test
  void theListShowsRoleScopesExpiryAndUse() throws Exception {
    Made key = make("create", "--name", "shown", "--scope", "tools:call:fs_*", "--expires", "90d");
    try (Agent shown = agent(key)) {
      shown.call("fs_list", Agent.path("."));
    }
    JsonValue.Obj list = Json.object(gateway.run("key", "list", "--json").out());
    JsonValue.Obj item =
        Json.items(list, "keys").stream()
            .map(one -> (JsonValue.Obj) one)
            .filter(one -> Json.text(one, "id").equals(key.id()))
            .findFirst()
            .orElseThrow();
    long life = Json.number(item, "expires") - Json.number(item, "created");
    assertThat(life).isEqualTo(TimeUnit.DAYS.toMillis(90));
    assertThat(Json.number(item, "lastUsed") % 3_600_000).isZero();
    assertThat(gateway.run("key", "list").out()).contains("tools:call:fs_*").contains("expires 20");
  }

  @Test
  void theOldKeyOfARotationEndsWithTheOverlap() throws Exception {
    Made old = make("create", "--name", "rotating");
    Made next = make("rotate", old.id(), "--overlap", "1h");
    Made last = make("rotate", next.id(), "--overlap", "0s");
    try (Agent first = agent(old);
        Agent second = agent(next);
        Agent third = agent(last)) {
      assertThat(first.get("/v1/tools").status()).isEqualTo(200);
      isRefused(second.get("/v1/tools"), 401, "auth.invalid");
      assertThat(third.get("/v1/tools").status()).isEqualTo(200);
    }
  }

  @Test
  void aRevocationEndsARunningCallAndAnOpenStream() throws Exception {
    Made key = make("create", "--name", "leaving");
    try (Agent leaving = agent(key)) {
      CompletableFuture<Agent.Answer> call =
          CompletableFuture.supplyAsync(() -> unchecked(() -> leaving.run("sleep", "120")));
      CompletableFuture<String> stream =
          CompletableFuture.supplyAsync(
              () ->
                  unchecked(
                      () -> {
                        try (var reader =
                            new BufferedReader(
                                new InputStreamReader(
                                    leaving.stream("process_run", Agent.argv("sleep", "120")),
                                    StandardCharsets.UTF_8))) {
                          return String.join("\n", reader.lines().toList());
                        }
                      }));
      Await.until("both calls", () -> gateway.metric("chitin_calls_running") >= 2);
      assertThat(gateway.run("key", "revoke", key.id()).exit()).isZero();
      isRefused(call.get(60, TimeUnit.SECONDS), 401, "auth.invalid");
      assertThat(stream.get(60, TimeUnit.SECONDS)).contains("auth.invalid");
      Await.until("the end of both", () -> gateway.metric("chitin_calls_running") == 0);
      isRefused(leaving.get("/v1/tools"), 401, "auth.invalid");
    }
    assertThat(gateway.run("audit", "tail", "-n", "1000").out().lines())
        .anyMatch(line -> line.contains("\"status\":\"cancelled\""));
  }

  @Test
  void anExpiryEndsARunningCallToo() throws Exception {
    Made key = make("create", "--name", "short", "--expires", "6s");
    try (Agent ending = agent(key)) {
      isRefused(ending.run("sleep", "120"), 401, "auth.invalid");
      isRefused(ending.get("/v1/tools"), 401, "auth.invalid");
    }
  }

  @Test
  void twoCredentialsAreOneTooManyUnlessTheyAreTheSame() throws Exception {
    Made one = make("create", "--name", "one");
    Made two = make("create", "--name", "two");
    try (Agent agent = agent(one)) {
      HttpRequest.Builder request = agent.request("/v1/tools");
      assertThat(agent.send(request.copy().header("x-api-key", one.key()).build()).status())
          .isEqualTo(200);
      isRefused(
          agent.send(request.copy().header("x-api-key", two.key()).build()), 400, "auth.ambiguous");
    }
  }

  // ---- sessions ----

  @Test
  void aSessionIsNamedInCallsAndRecordedAndNobodyElsesIsFound() throws Exception {
    Made mine = make("create", "--name", "mine");
    Made other = make("create", "--name", "other");
    Made admin = make("create", "--name", "boss", "--role", "admin");
    try (Agent a = agent(mine);
        Agent b = agent(other);
        Agent boss = agent(admin)) {
      Agent.Answer opened = a.post("/v1/sessions", "");
      assertThat(opened.status()).as(opened.text()).isEqualTo(201);
      String id = opened.member("id");
      Agent.Answer ran = call(a, id);
      assertThat(ran.status()).as(ran.text()).isEqualTo(200);
      isRefused(call(b, id), 404, "session.unknown");
      assertThat(b.get("/v1/sessions").text()).doesNotContain(id);
      assertThat(a.get("/v1/sessions").text()).contains(id);
      assertThat(boss.get("/v1/sessions").text()).contains(id);
      isRefused(delete(b, id), 404, "session.unknown");
      assertThat(delete(a, id).status()).isEqualTo(204);
      isRefused(call(a, id), 404, "session.unknown");
      List<String> entries = gateway.run("audit", "tail", "-n", "1000").out().lines().toList();
      assertThat(entries)
          .anyMatch(
              e -> e.contains("\"session\":\"" + id) && e.contains("\"phase\":\"Authorized\""))
          .anyMatch(e -> e.contains("\"kind\":\"Session\"") && e.contains("\"action\":\"open\""))
          .anyMatch(e -> e.contains("\"kind\":\"Session\"") && e.contains("\"action\":\"close\""));
    }
  }

  @Test
  void aKeyThatOnlyReadsClosesNoSession() throws Exception {
    Made opener = make("create", "--name", "shared");
    Made reader = make("create", "--name", "shared", "--scope", "tools:read");
    Made other = make("create", "--name", "shared", "--scope", "tools:call");
    try (Agent a = agent(opener);
        Agent b = agent(reader);
        Agent c = agent(other)) {
      String id = a.post("/v1/sessions", "").member("id");
      assertThat(b.get("/v1/sessions").text()).contains(id);
      Agent.Answer refused = delete(b, id);
      isRefused(refused, 403, "auth.scope_insufficient");
      assertThat(refused.member("rule")).isEqualTo("scope.tools:call");
      assertThat(call(a, id).status()).isEqualTo(200);
      assertThat(delete(c, id).status()).as("the same principal's").isEqualTo(204);
    }
  }

  @Test
  void aSessionAloneIsNoCredentialAndEndsWhenIdle() throws Exception {
    Made key = make("create", "--name", "idler");
    try (Agent idler = agent(key)) {
      String id = idler.post("/v1/sessions", "").member("id");
      HttpRequest bare =
          HttpRequest.newBuilder(gateway.url().resolve("/v1/tools"))
              .header("chitin-session", id)
              .build();
      isRefused(idler.send(bare), 401, "auth.missing");
      Await.until(
          "the end of the idle session",
          () -> {
            Agent.Answer list = idler.get("/v1/sessions");
            return list.status() == 200 && !list.text().contains(id);
          });
      assertThat(gateway.run("audit", "tail", "-n", "1000").out().lines())
          .anyMatch(line -> line.contains(id) && line.contains("\"reason\":\"idle\""));
    }
  }

  private static Agent.Answer call(Agent agent, String session)
      throws IOException, InterruptedException {
    return agent.send(
        agent
            .request("/v1/tools/fs_list/calls")
            .header("content-type", "application/json")
            .header("chitin-session", session)
            .POST(HttpRequest.BodyPublishers.ofString(Agent.body(Agent.path("."))))
            .build());
  }

  private static Agent.Answer delete(Agent agent, String session)
      throws IOException, InterruptedException {
    return agent.send(agent.request("/v1/sessions/" + session).DELETE().build());
  }

  // ---- help ----

  @FunctionalInterface
  interface Check<T> {
    T get() throws Exception;
  }

  static <T> T unchecked(Check<T> check) {
    try {
      return check.get();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
