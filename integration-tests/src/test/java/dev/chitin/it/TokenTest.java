package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Tokens of an issuer whose keys are in a file. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenTest {
  private Path directory;
  private Tokens tokens;
  private GatewayProcess gateway;

  @BeforeAll
  void start() throws Exception {
    directory = Files.createTempDirectory("chitin-tokens-");
    tokens = new Tokens("first");
    gateway = start(tokens, "keys.json");
  }

  private GatewayProcess start(Tokens issuer, String name) throws IOException {
    Path file = directory.resolve(name);
    issuer.write(file);
    return GatewayProcess.start(
        GatewayProcess.home(
            "\"auth\": { \"issuers\": ["
                + Tokens.configuration("\"jwks_file\": \"" + file + "\"")
                + "] }"));
  }

  @AfterAll
  void stop() throws IOException {
    gateway.close();
    GatewayProcess.remove(directory);
  }

  private Agent agent(String token) {
    return new Agent(gateway.url(), token);
  }

  private static void isRefused(Agent.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.member("code")).isEqualTo(code);
  }

  /** The body waits while the signature is verified, and arrives whole. */
  @Test
  void aCallWithATokenRunsAndItsBodyArrivesWhole() throws Exception {
    String content = "0123456789abcdef".repeat(30_000);
    try (Agent agent = agent(tokens.token(Tokens.claims("writer", "w1")))) {
      Agent.Answer written =
          agent.call(
              "fs_write",
              JsonValue.object().put("path", "by-token").put("content", content).build());
      assertThat(written.status()).as(written.text()).isEqualTo(200);
      assertThat(Files.readString(gateway.workspace().resolve("by-token"))).isEqualTo(content);
      isRefused(agent.get("/v1/secrets"), 403, "auth.scope_insufficient");
    }
    assertThat(gateway.run("audit", "tail", "-n", "1000").out())
        .contains("\"principal\":\"https://id.example|writer\"");
  }

  @Test
  void howOldAnIssuersKeysAreIsAMetric() throws Exception {
    assertThat(gateway.administration("/metrics"))
        .containsPattern("chitin_issuer_keys_age_seconds\\{issuer=\"https://id.example\"} [0-9]");
  }

  @Test
  void aRefusedTokenIsRecordedAndCountedByKind() throws Exception {
    String counter = "chitin_auth_failures_total{kind=\"expired\"}";
    double before = gateway.metric(counter);
    String old =
        tokens.token(
            Tokens.claims("late", "l1").put("exp", System.currentTimeMillis() / 1_000 - 60));
    try (Agent agent = agent(old)) {
      isRefused(agent.get("/v1/tools"), 401, "auth.invalid");
    }
    assertThat(gateway.metric(counter)).isEqualTo(before + 1);
    assertThat(gateway.run("audit", "tail", "-n", "1000").out().lines())
        .anyMatch(line -> line.contains("AuthFailure") && line.contains("\"method\":\"jwt\""));
  }

  @Test
  void aTokenWithoutARoleIsForbidden() throws Exception {
    try (Agent agent = agent(tokens.token(Tokens.claims("x", "x").put("roles", "visitors")))) {
      isRefused(agent.get("/v1/tools"), 403, "auth.scope_insufficient");
    }
  }

  @Test
  void aRevokedTokenEndsWithItsCallsAndCanBeTakenAgain() throws Exception {
    String token = tokens.token(Tokens.claims("leaver", "leaves"));
    try (Agent agent = agent(token);
        Agent same = agent(tokens.token(Tokens.claims("leaver", "stays")))) {
      CompletableFuture<Agent.Answer> call =
          CompletableFuture.supplyAsync(
              () -> KeyLifeTest.unchecked(() -> agent.run("sleep", "120")));
      Await.until("the call", () -> gateway.metric("chitin_calls_running") >= 1);
      Result revoked = gateway.run("key", "revoke", "--jti", "leaves");
      assertThat(revoked.exit()).as(revoked.err()).isZero();
      isRefused(call.get(60, TimeUnit.SECONDS), 401, "auth.invalid");
      isRefused(agent.get("/v1/tools"), 401, "auth.invalid");
      assertThat(same.get("/v1/tools").status()).isEqualTo(200);
      assertThat(gateway.run("key", "list").out()).contains("jti leaves");
      assertThat(gateway.run("key", "revoke", "--sub", "leaver").exit()).isZero();
      isRefused(same.get("/v1/tools"), 401, "auth.invalid");
      assertThat(gateway.run("key", "restore", "--jti", "leaves").exit()).isZero();
      assertThat(gateway.run("key", "restore", "--sub", "leaver").exit()).isZero();
      assertThat(agent.get("/v1/tools").status()).isEqualTo(200);
    }
    assertThat(gateway.run("key", "restore", "--jti", "never").exit()).isEqualTo(2);
    assertThat(gateway.run("key", "revoke").exit()).isEqualTo(2);
  }

  @Test
  void otherKeysInTheFileEndTheOldTokensAndServeTheNew() throws Exception {
    var old = new Tokens("old");
    var next = new Tokens("next");
    try (GatewayProcess other = start(old, "renewed.json");
        Agent before = new Agent(other.url(), old.token(Tokens.claims("a", "1")));
        Agent after = new Agent(other.url(), next.token(Tokens.claims("a", "2")))) {
      assertThat(before.get("/v1/tools").status()).isEqualTo(200);
      CompletableFuture<Agent.Answer> call =
          CompletableFuture.supplyAsync(
              () -> KeyLifeTest.unchecked(() -> before.run("sleep", "120")));
      Await.until("the call", () -> other.metric("chitin_calls_running") >= 1);
      next.write(directory.resolve("renewed.json"));
      isRefused(call.get(60, TimeUnit.SECONDS), 401, "auth.invalid");
      isRefused(before.get("/v1/tools"), 401, "auth.invalid");
      Await.until("the new keys", () -> after.get("/v1/tools").status() == 200);
    }
  }

  @Test
  void keysThatCannotBeReadStopTheStart() throws Exception {
    Path home =
        GatewayProcess.home(
            "\"auth\": { \"issuers\": ["
                + Tokens.configuration("\"jwks_file\": \"/no/such/keys.json\"")
                + "] }");
    Result refused = GatewayProcess.run(home, new byte[0], "serve", "--port", "0");
    assertThat(refused.exit()).as(refused.err()).isEqualTo(2);
    assertThat(refused.err()).contains("/no/such/keys.json").contains("jwks_file");
    GatewayProcess.removeHome(home);
  }

  @Test
  void whatIsNoIssuerIsRefusedWithItsPlace() throws Exception {
    String[][] wrong = {
      {"\"jwks_url\": \"http://id.example/keys\"", "jwks_url"},
      {"\"jwks_url\": \"https://u:p@id.example/keys\"", "jwks_url"},
      {"\"jwks_file\": \"a\", \"jwks_url\": \"https://id.example/keys\"", "jwks_file"},
    };
    for (String[] one : wrong) {
      Path home =
          GatewayProcess.home("\"auth\": { \"issuers\": [" + Tokens.configuration(one[0]) + "] }");
      Result refused = GatewayProcess.run(home, new byte[0], "serve", "--port", "0");
      assertThat(refused.exit()).isEqualTo(2);
      assertThat(refused.err()).contains("auth.issuers[0]").contains(one[1]);
      GatewayProcess.removeHome(home);
    }
    for (String algorithm : new String[] {"none", "HS256"}) {
      Path home =
          GatewayProcess.home(
              "\"auth\": { \"issuers\": ["
                  + Tokens.configuration("\"jwks_file\": \"a\"").replace("EdDSA", algorithm)
                  + "] }");
      Result refused = GatewayProcess.run(home, new byte[0], "serve", "--port", "0");
      assertThat(refused.exit()).isEqualTo(2);
      assertThat(refused.err()).contains("algorithms").contains("RS256, ES256, EdDSA");
      GatewayProcess.removeHome(home);
    }
  }

  /**
   * Each token is another one and has all but the right signature, so that no memory of refusals
   * helps; what stops them is the bucket of the address, in front of all cryptography.
   */
  @Test
  void aFloodOfWrongTokensCostsNextToNoCryptographyAndSlowsNobodyElse() throws Exception {
    var forger = new Tokens("guarded");
    var issuer = new Tokens("guarded");
    Path file = directory.resolve("guarded.json");
    issuer.write(file);
    try (GatewayProcess guarded =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"gateway\": { \"rate_limit\": { \"requests_per_minute\": 1, \"burst\": 20 } },"
                    + " \"auth\": { \"issuers\": ["
                    + Tokens.configuration("\"jwks_file\": \"" + file + "\"")
                    + "] }"))) {
      String good = issuer.token(Tokens.claims("caller", "c1"));
      int refusals = 0;
      for (int i = 0; i < 1_000; i++) {
        String wrong = forger.token(Tokens.claims("caller", "forged-" + i));
        int status = get(guarded, wrong, "127.0.0.1");
        assertThat(status).isIn(401, 429);
        refusals += status == 401 ? 1 : 0;
      }
      assertThat(get(guarded, good, "127.0.0.1")).isEqualTo(429);
      // A burst of 20 for a principal is 400 for an address, and a wrong token costs eleven of
      // them; what comes back in the meantime is one in three seconds.
      double verified = guarded.metric("chitin_auth_verifications_total");
      assertThat(verified).isEqualTo(refusals).isGreaterThan(10).isLessThan(100);
      for (int i = 0; i < 10; i++) {
        assertThat(get(guarded, good, "127.0.0.2")).isEqualTo(200);
      }
    }
  }

  private static int get(GatewayProcess to, String token, String from)
      throws IOException, InterruptedException {
    HttpClient http = CLIENTS.computeIfAbsent(from, TokenTest::client);
    return http.send(
            HttpRequest.newBuilder(to.url().resolve("/v1/tools"))
                .header("authorization", "Bearer " + token)
                .build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private static final java.util.Map<String, HttpClient> CLIENTS = new java.util.HashMap<>();

  private static HttpClient client(String from) {
    return KeyLifeTest.unchecked(
        () ->
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .localAddress(InetAddress.getByName(from))
                .build());
  }
}
