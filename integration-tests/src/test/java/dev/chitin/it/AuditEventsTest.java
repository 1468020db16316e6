package dev.chitin.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Each kind of event comes of something that really happens, and can be found. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditEventsTest {
  /** Little enough that a slow machine reaches an address's bound, and enough for the rest. */
  private static final String RATE =
      "\"gateway\": { \"rate_limit\": { \"requests_per_minute\": 300, \"burst\": 50 } }";

  private HttpServer web;
  private GatewayProcess gateway;
  private String secret;

  @BeforeAll
  void start() throws Exception {
    web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    web.createContext(
        "/",
        request -> {
          request.sendResponseHeaders(200, 2);
          request.getResponseBody().write("ok".getBytes(UTF_8));
          request.close();
        });
    web.start();
    String at = "127.0.0.1:" + web.getAddress().getPort();
    String tool =
        """
        { "name": "ask", "description": "Asks.",
          "capabilities": { "NetworkAccess": { "hosts": ["%s"] } },
          "input": { "type": "object" },
          "run": { "http": { "method": "GET", "url": "http://%s/some/where" } },
          "credentials": [{ "name": "api", "scheme": "http", "host": "127.0.0.1", "port": %d,
            "header": "authorization", "format": "bearer" }] }
        """
            .formatted(at, at, web.getAddress().getPort());
    Path home =
        GatewayProcess.home(
            "\"egress\": { \"allow_private\": [\"%s\"] }, \"tools\": [%s], %s"
                .formatted(at, tool, RATE));
    secret = "fake-token-" + System.nanoTime();
    Result put = GatewayProcess.run(home, secret.getBytes(UTF_8), "secret", "put", "api");
    assertThat(put.exit()).as(put.err()).isZero();
    gateway = GatewayProcess.start(home);
  }

  @AfterAll
  void stop() {
    gateway.close();
    web.stop(0);
  }

  private Obj ask(String... arguments) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("audit", "events", "--json"));
    line.addAll(List.of(arguments));
    Result result = gateway.run(line.toArray(String[]::new));
    assertThat(result.exit()).as(result.err()).isZero();
    return Json.object(result.out());
  }

  private List<Obj> events(String... arguments) throws IOException, InterruptedException {
    return Json.items(ask(arguments), "entries").stream().map(Obj.class::cast).toList();
  }

  private static Obj entry(Obj found) {
    return Json.object(found, "entry");
  }

  @Test
  void everyKindThatTheGatewayProducesComesOfARealCall() throws Exception {
    try (var agent = new Agent(gateway.url(), gateway.key("kinds", "admin"));
        var stranger = new Agent(gateway.url(), "chk_nobody_0123456789")) {
      Agent.Answer ran = agent.run("true");
      assertThat(ran.status()).as(ran.text()).isEqualTo(200);
      Agent.Answer asked = agent.call("ask", Obj.EMPTY);
      assertThat(asked.status()).as(asked.text()).isEqualTo(200);
      assertThat(stranger.get("/v1/tools").status()).isEqualTo(401);
      assertThat(agent.post("/v1/sessions", "").status()).isEqualTo(201);
      assertThat(gateway.run("doctor").out()).isNotEmpty();

      Obj authorized = entry(events("--call", ran.member("callId"), "--oldest").getFirst());
      assertThat(Json.text(authorized, "phase")).isEqualTo("Authorized");
      Obj egress =
          entry(events("--kind", "EgressEvent", "--call", asked.member("callId")).getFirst());
      assertThat(Json.text(egress, "action")).isEqualTo("allowed");
      assertThat(Json.number(egress, "status")).isEqualTo(200);
      assertThat(Json.text(egress, "host")).startsWith("h1:");
      assertThat(Json.text(egress, "path")).startsWith("h1:");
      assertThat(events("--kind", "CredentialAccess", "--decision", "use")).isNotEmpty();
      Obj failure = entry(events("--kind", "AuthFailure").getFirst());
      assertThat(Json.text(failure, "peer")).startsWith("h1:");
      assertThat(events("--kind", "AuthFailure", "--principal", "127.0.0.1")).isNotEmpty();
      assertThat(events("--kind", "AuthFailure", "--principal", "127.0.0.2")).isEmpty();
      assertThat(entry(events("--kind", "Session").getFirst()).members()).containsKey("session");
      List<String> occasions = new ArrayList<>();
      for (Obj found : events("--kind", "DoctorResult")) {
        occasions.add(Json.text(entry(found), "occasion"));
        assertThat(Json.object(entry(found), "controls").members()).containsKey("audit.durable");
      }
      assertThat(occasions).contains("start", "demand");
      for (String kind :
          List.of(
              "Lifecycle",
              "KeyChange",
              "SecretChange",
              "VaultState",
              "AuditAccess",
              "ConfigChange",
              "PolicyChange")) {
        assertThat(events("--kind", kind)).as(kind).isNotEmpty();
      }
      Obj start = entry(events("--kind", "Lifecycle", "--decision", "start").getFirst());
      assertThat(Json.text(start, "config_digest")).isNotEmpty();
    }
    exhausted();
    GatewayProcess.Result all = gateway.run("audit", "export", "--format", "ocsf");
    assertThat(all.out().lines())
        .isNotEmpty()
        .allSatisfy(line -> assertThat(Json.object(line).members()).containsKey("class_uid"));
  }

  /** Whoever presents wrong keys again and again runs into the limit of his address. */
  private void exhausted() throws Exception {
    try (var stranger = new Agent(gateway.url(), "chk_nobody_0123456789")) {
      int status = 401;
      for (int i = 0; i < 500 && status == 401; i++) {
        status = stranger.get("/v1/tools").status();
      }
      assertThat(status).isEqualTo(429);
      Await.until("an event of the limit", () -> !events("--kind", "RateLimitExceeded").isEmpty());
      // Until the address may come again, for the tests that follow.
      Await.until("the end of the limit", () -> stranger.get("/v1/tools").status() == 401);
    }
  }

  @Test
  void aLimitThatStruckIsNamed() throws Exception {
    try (var agent = new Agent(gateway.url(), gateway.key("limited", "agent"))) {
      Agent.Answer flooded = agent.run("seq", "1", "3000000");
      Obj end = entry(events("--call", flooded.member("callId")).getFirst());
      assertThat(Json.text(end, "phase")).isEqualTo("Completed");
      assertThat(Json.items(end, "limits")).as(flooded.member("status")).isNotEmpty();
    }
  }

  @Test
  void aKindThatThereIsNotIsRefusedWithTheNearestThatThereIs() throws Exception {
    Result typed = gateway.run("audit", "events", "--kind", "ToolExecutions");
    assertThat(typed.exit()).isEqualTo(2);
    assertThat(typed.err()).contains("request.malformed").contains("Did you mean ToolExecution?");
    try (var auditor = new Agent(gateway.url(), gateway.key("kind", "auditor"))) {
      Agent.Answer near = auditor.get("/v1/audit/events?kind=authfailure");
      assertThat(near.status()).isEqualTo(400);
      assertThat(near.member("hint")).isEqualTo("Did you mean AuthFailure?");
      Agent.Answer far = auditor.get("/v1/audit/events?kind=x");
      assertThat(far.status()).isEqualTo(400);
      assertThat(far.member("hint")).startsWith("Known are AlertRaised, Approval,");
    }
  }

  @Test
  void aTenantSeesItsOwnAndAnAdministratorAll() throws Exception {
    Result made =
        gateway.run(
            "key", "create", "--name", "other", "--tenant", "acme", "--role", "auditor", "--json");
    assertThat(made.exit()).as(made.err()).isZero();
    try (var auditor = new Agent(gateway.url(), Json.text(Json.object(made.out()), "key"));
        var agent = new Agent(gateway.url(), gateway.key("mine", "agent"))) {
      agent.run("true");
      Agent.Answer own = auditor.get("/v1/audit/events?limit=1000");
      assertThat(own.status()).as(own.text()).isEqualTo(200);
      for (JsonValue found : Json.items(own.body(), "entries")) {
        assertThat(Json.text(entry((Obj) found), "tenant")).isEqualTo("acme");
      }
      assertThat(auditor.get("/v1/audit/events?tenant=default").member("code"))
          .isEqualTo("auth.scope_insufficient");
      assertThat(auditor.get("/v1/audit/events?principle=x").member("code"))
          .isEqualTo("request.malformed");
      assertThat(auditor.get("/v1/audit/events?limit=1001").status()).isEqualTo(400);
      assertThat(auditor.get("/v1/audit/events?order=newest&order=oldest").status()).isEqualTo(400);
      // That it read is what it reads.
      assertThat(Json.items(auditor.get("/v1/audit/events?kind=AuditAccess").body(), "entries"))
          .isNotEmpty();
      assertThat(agent.get("/v1/audit/events").member("code")).isEqualTo("auth.scope_insufficient");
    }
  }

  /** The live stream from the first entry to the one that holds {@code end}, names opened. */
  private static String streamedWithNames(Agent reader, String end) throws Exception {
    try (var stream = new EventReader(reader, "/v1/audit/stream?from=0&names=true", null)) {
      return String.join("\n", stream.until(line -> line.contains(end)));
    }
  }

  @Test
  void aDestroyedSubjectIsUnreadableEverywhereAndTheLogVerifies() throws Exception {
    String name = "leaving-" + System.nanoTime();
    try (var agent = new Agent(gateway.url(), gateway.key(name, "agent"));
        var reader = new Agent(gateway.url(), gateway.key("opener", "admin"))) {
      String callId = agent.run("true").member("callId");
      List<Obj> before = events("--principal", name, "--kind", "ToolExecution");
      assertThat(before).hasSize(2);
      assertThat(Json.text(Json.object(before.getFirst(), "opened"), "principal")).isEqualTo(name);
      String hash = Json.text(entry(before.getFirst()), "principal");
      assertThat(streamedWithNames(reader, callId)).contains(name);
      Result shredded = gateway.run("audit", "shred", "--subject", name, "--json");
      assertThat(shredded.exit()).as(shredded.err()).isZero();
      assertThat(Json.text(Json.object(shredded.out()), "hash")).isEqualTo(hash);
      assertThat(events("--principal", name)).isEmpty();
      assertThat(events("--call", callId))
          .hasSize(2)
          .allSatisfy(found -> assertThat(found.members()).doesNotContainKey("opened"));
      assertThat(gateway.run("audit", "tail", "-n", "100000").out()).doesNotContain(name);
      assertThat(streamedWithNames(reader, "\"action\":\"shred\""))
          .contains(callId)
          .doesNotContain(name);
      Obj shred = entry(events("--kind", "AuditAccess", "--decision", "shred").getFirst());
      assertThat(Json.text(shred, "subject")).isEqualTo(hash);
      agent.run("true");
      assertThat(events("--principal", name, "--kind", "ToolExecution"))
          .hasSize(2)
          .allSatisfy(found -> assertThat(Json.text(entry(found), "principal")).isNotEqualTo(hash));
      Result verified = gateway.run("audit", "verify");
      assertThat(verified.exit()).as(verified.out()).isZero();
    }
  }

  /** With a control that finds what is there: the scan itself works. */
  @Test
  void noSecretArgumentOrNameIsInSegmentsIndexExportsOrStream() throws Exception {
    String name = "somebody-" + System.nanoTime();
    String content = "canary-" + System.nanoTime();
    String callId;
    try (var agent = new Agent(gateway.url(), gateway.key(name, "agent"))) {
      callId =
          agent
              .call(
                  "fs_write",
                  JsonValue.object().put("path", content + ".txt").put("content", content).build())
              .member("callId");
      assertThat(agent.call("ask", Obj.EMPTY).status()).isEqualTo(200);
    }
    List<String> places = new ArrayList<>();
    for (String format : List.of("ocsf", "syslog", "otlp")) {
      places.add(gateway.run("audit", "export", "--format", format).out());
    }
    try (var agent = new Agent(gateway.url(), gateway.key("scanner", "admin"));
        var stream = new EventReader(agent, "/v1/audit/stream?from=0", null)) {
      places.add(
          String.join(
              "\n",
              stream.until(
                  line ->
                      line.contains("\"kind\":\"AuditAccess\"")
                          && line.contains("\"action\":\"stream\""))));
    }
    List<String> controls = new ArrayList<>(places);
    var segments = new StringBuilder();
    List<Path> files = LiveFiles.in(gateway.home().resolve("audit"));
    for (Path file : files.stream().filter(Files::isRegularFile).toList()) {
      Optional<String> bytes =
          LiveFiles.look(file, at -> new String(Files.readAllBytes(at), ISO_8859_1));
      bytes.ifPresent(places::add);
      bytes.ifPresent(segments::append);
    }
    controls.add(segments.toString());
    assertThat(controls).allSatisfy(place -> assertThat(place).contains(callId));
    assertThat(places).allSatisfy(place -> assertThat(place).doesNotContain(secret, content, name));
  }

  @Test
  void aChangedConfigurationIsRecordedWithItsKeysAndAnUnchangedOneIsNot() throws Exception {
    Path home = GatewayProcess.home(GatewayProcess.HIGH_RATE);
    try (var first = GatewayProcess.start(home)) {
      first.stop();
      Path file = home.resolve("chitin.json5");
      try (var same = GatewayProcess.start(home)) {
        assertThat(same.run("audit", "events", "--kind", "ConfigChange").out().lines()).hasSize(1);
        same.stop();
        changed(home, file);
      }
    }
  }

  private static void changed(Path home, Path file) throws Exception {
    String text = Files.readString(file);
    Files.writeString(
        file,
        text.substring(0, text.lastIndexOf('}'))
            + ", \"workspace\": { \"denied_paths\": [\"~/private\"] } }");
    try (var changed = GatewayProcess.start(home)) {
      List<String> changes =
          changed.run("audit", "events", "--kind", "ConfigChange").out().lines().toList();
      assertThat(changes).hasSize(2);
      Obj newest = Json.object(Json.object(changes.getFirst()), "entry");
      Obj oldest = Json.object(Json.object(changes.getLast()), "entry");
      assertThat(Json.text(newest, "old_digest")).isEqualTo(Json.text(oldest, "new_digest"));
      assertThat(Json.items(newest, "keys").toString()).contains("workspace.denied_paths");
      assertThat(changed.run("audit", "events", "--kind", "PolicyChange").out().lines()).hasSize(2);
    }
  }
}
