package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A changed configuration is taken over while calls run: all of it, or nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConfigReloadTest {
  private static final String APPLIED = "chitin_config_reloads_total{outcome=\"applied\"}";
  private static final String REFUSED = "chitin_config_reloads_total{outcome=\"refused\"}";
  private static final int RELOADS = 20;
  private static final int CLIENTS = 4;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private GatewayProcess gateway;
  private Agent agent;
  private String template;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    Path home = GatewayProcess.home("\"gateway\": {}");
    template = Files.readString(home.resolve("chitin.json5"));
    gateway = GatewayProcess.start(home);
    agent = new Agent(gateway.url(), gateway.key("agent", "agent"));
  }

  @AfterAll
  void stop() {
    agent.close();
    http.shutdownNow();
    gateway.close();
  }

  private void write(String members) throws IOException {
    String text = template.replace("\"gateway\": {}", "\"gateway\": { " + members + " }");
    Path next = gateway.home().resolve("next.json5");
    Files.writeString(next, text);
    // At once, as editors do.
    Files.move(
        next, gateway.home().resolve("chitin.json5"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  private void awaitMore(String metric, double before) throws Exception {
    Await.until("more of " + metric, () -> gateway.metric(metric) > before);
  }

  private static String limits(int which) {
    return "\"rate_limit\": { \"requests_per_minute\": "
        + (which == 0 ? 9_000_001 : 9_000_002)
        + ", \"burst\": 1000000 }, \"limits\": { \"body_bytes\": "
        + (which == 0 ? 2_048 : 4_096)
        + " }";
  }

  /** The rate and the size that one and the same refusal speaks of. */
  private String seen() throws IOException, InterruptedException {
    HttpRequest request =
        agent
            .request("/v1/tools/fs_list/calls")
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(" ".repeat(8_192)))
            .build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(413);
    Matcher size = Pattern.compile("larger than (\\d+) bytes").matcher(answer.body());
    assertThat(size.find()).isTrue();
    Matcher rate =
        Pattern.compile("q=(\\d+)")
            .matcher(answer.headers().firstValue("ratelimit-policy").orElseThrow());
    assertThat(rate.find()).isTrue();
    return rate.group(1) + " " + size.group(1);
  }

  /**
   * Empty when the connection went: it ends with a refusal whose body was not read, and this client
   * may be about to use it again.
   */
  private Optional<String> askedOnce() throws InterruptedException {
    try {
      return Optional.of(seen());
    } catch (IOException gone) {
      return Optional.empty();
    }
  }

  @Test
  void requestsThatRaceWithReloadsSeeAllOfTheOldOrAllOfTheNew() throws Exception {
    double first = gateway.metric(APPLIED);
    write(limits(0));
    gateway.signal("HUP");
    awaitMore(APPLIED, first);
    Set<String> seen = ConcurrentHashMap.newKeySet();
    var over = new AtomicBoolean();
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> asking = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        asking.add(
            clients.submit(
                () -> {
                  while (!over.get()) {
                    askedOnce().ifPresent(seen::add);
                  }
                  return null;
                }));
      }
      try {
        for (int i = 1; i <= RELOADS; i++) {
          double before = gateway.metric(APPLIED);
          write(limits(i % 2));
          gateway.signal("HUP");
          awaitMore(APPLIED, before);
        }
      } finally {
        over.set(true);
      }
      for (Future<?> one : asking) {
        one.get();
      }
    }
    assertThat(seen).containsExactlyInAnyOrder("9000001 2048", "9000002 4096");
  }

  @Test
  void theAdministrationSocketTakesItOverToo() throws Exception {
    String large = "{\"argv\":[\"echo\",\"" + "x".repeat(4_000) + "\"]}";
    write("\"limits\": { \"body_bytes\": 2048 }");
    gateway.run("config", "reload");
    assertThat(gateway.run("tool", "call", "process_run", large).err())
        .contains("request.too_large");
    write("\"limits\": { \"body_bytes\": 8192 }");
    gateway.run("config", "reload");
    assertThat(gateway.run("tool", "call", "process_run", large).out()).startsWith("xxxx");
  }

  @Test
  void aFileThatIsNotSoundAndAKeyThatNeedsARestartLeaveAllAsItWas() throws Exception {
    write("\"cors_origins\": [\"http://one.example\"]");
    assertThat(gateway.run("config", "reload").exit()).isZero();
    write("\"cors_origins\": [\"http://two.example\"], \"prt\": 1");
    GatewayProcess.Result unknown = gateway.run("config", "reload");
    assertThat(unknown.exit()).isEqualTo(2);
    assertThat(unknown.err()).contains("chitin.json5:1:", "gateway.prt", "gateway.port");
    write("\"cors_origins\": [\"http://two.example\"], \"host\": \"localhost\"");
    GatewayProcess.Result restart = gateway.run("config", "reload");
    assertThat(restart.exit()).isEqualTo(2);
    assertThat(restart.err()).contains("gateway.host", "needs a restart");
    assertThat(preflight("http://one.example")).isEqualTo(204);
    assertThat(preflight("http://two.example")).isEqualTo(403);
    write("\"cors_origins\": [\"http://two.example\"]");
    // Whether this took it over or the look at the file before it.
    assertThat(gateway.run("config", "reload", "--json").exit()).isZero();
    assertThat(preflight("http://one.example")).isEqualTo(403);
    assertThat(preflight("http://two.example")).isEqualTo(204);
    GatewayProcess.Result tail = gateway.run("audit", "tail", "-n", "1000", "--json");
    assertThat(tail.out().lines().filter(line -> line.contains("ConfigChange")))
        .anyMatch(line -> line.contains("config.needs_restart") && line.contains("gateway.host"))
        .anyMatch(line -> line.contains("config.invalid"))
        .anyMatch(line -> line.contains("\"applied\"") && line.contains("gateway.cors_origins"));
    assertThat(gateway.metric(REFUSED)).isGreaterThanOrEqualTo(2);
  }

  private int preflight(String origin) throws IOException, InterruptedException {
    try (var plain = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(gateway.url().resolve("/v1/tools"))
              .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
              .header("origin", origin)
              .header("access-control-request-method", "GET")
              .build();
      return plain.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }
  }

  @Test
  void aFileThatChangesIsTakenOverByItself() throws Exception {
    double before = gateway.metric(APPLIED);
    write("\"access_log\": true");
    awaitMore(APPLIED, before);
    agent.get("/v1/tools");
    assertThat(gateway.errors()).contains("GET /v1/tools 200");
  }
}
