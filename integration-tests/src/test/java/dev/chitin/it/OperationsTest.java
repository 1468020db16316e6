package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Version;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a gateway tells of itself: metrics, its interface, its health, its access log. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OperationsTest {
  private static final int TRIES = 10_000;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private GatewayProcess gateway;
  private Agent agent;
  private Agent auditor;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"gateway\": { \"access_log\": true, \"log_format\": \"json\","
                    + " \"rate_limit\": { \"requests_per_minute\": 10000000,"
                    + " \"burst\": 1000000 } }"));
    agent = new Agent(gateway.url(), gateway.key("agent", "agent"));
    auditor = new Agent(gateway.url(), gateway.key("watcher", "operator"));
  }

  @AfterAll
  void stop() {
    agent.close();
    auditor.close();
    http.shutdownNow();
    gateway.close();
  }

  private HttpResponse<String> open(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(gateway.url().resolve(path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private long series() throws IOException {
    return gateway
        .administration("/metrics")
        .lines()
        .filter(line -> line.startsWith("chitin_"))
        .map(line -> line.replaceAll(" [^ ]+$", ""))
        .distinct()
        .count();
  }

  @Test
  void pathsAndToolsThatAreMadeUpMakeNoNewSeries() throws Exception {
    agent.get("/none");
    agent.call("none", Agent.path("."));
    gateway.administration("/metrics");
    long before = series();
    var random = new Random(1);
    for (int i = 0; i < TRIES; i++) {
      String name = Long.toHexString(random.nextLong());
      if (i % 2 == 0) {
        assertThat(agent.get("/" + name).status()).isEqualTo(404);
      } else {
        assertThat(agent.call(name, Agent.path(".")).status()).isEqualTo(404);
      }
    }
    assertThat(series()).isEqualTo(before);
  }

  @Test
  void aCallIsCountedAndItsStationsTimed() throws Exception {
    String ok = "chitin_calls_total{backend=\"file\",outcome=\"ok\",tool=\"fs_list\"}";
    String denied = "chitin_calls_total{backend=\"file\",outcome=\"denied\",tool=\"fs_read\"}";
    double before = gateway.metric(ok);
    assertThat(agent.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
    assertThat(agent.call("fs_read", Agent.path("/etc/shadow")).status()).isEqualTo(403);
    assertThat(gateway.metric(ok)).isEqualTo(before + 1);
    assertThat(gateway.metric(denied)).isPositive();
    String scrape = gateway.administration("/metrics");
    for (String phase : List.of("auth", "plan", "decide", "audit", "start", "run")) {
      assertThat(gateway.metric("chitin_call_seconds_count{phase=\"" + phase + "\"}"))
          .as(phase)
          .isPositive();
    }
    assertThat(scrape)
        .contains(
            "chitin_http_server_requests_seconds_bucket{method=\"POST\","
                + "route=\"/v1/tools/{name}/calls\",status=\"200\",le=",
            "chitin_audit_append_seconds_bucket{le=",
            "chitin_event_loop_lag_seconds{loop=\"0\"}",
            "chitin_queue_depth{queue=\"audit\"}",
            "chitin_rejected_total{reason=\"policy.path_denied\"}",
            "chitin_denials_total{code=\"policy.path_denied\"}",
            "chitin_pool_active{pool=\"verification\"}");
  }

  @Test
  void whatIsRefusedBeforeItIsACallIsADenialToo() throws Exception {
    String denials = "chitin_denials_total{code=\"request.host_forbidden\"}";
    double before = gateway.metric(denials);
    try (var wire = HttpWire.open(gateway.url())) {
      wire.send("GET /v1/tools HTTP/1.1\r\nHost: rebound.example\r\n\r\n");
      assertThat(wire.answer().status()).isEqualTo(403);
    }
    assertThat(gateway.metric(denials)).isEqualTo(before + 1);
  }

  @Test
  void theInterfaceIsOpenToAllAndSaysNoVersion() throws Exception {
    HttpResponse<String> answer = open("/openapi.json");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).contains("application/json");
    assertThat(answer.body())
        .contains("\"openapi\":\"3.1.0\"", "\"/v1/tools/{name}/calls\"", "/openapi.json")
        .doesNotContain(Version.CURRENT, gateway.home().toString(), "/admin/", "fs_list");
  }

  @Test
  void healthSaysToAllOnlyHowItStandsAndToWhoMayReadMetricsWhy() throws Exception {
    HttpResponse<String> live = open("/health/live");
    HttpResponse<String> ready = open("/health/ready");
    assertThat(live.body().strip()).isEqualTo("{\"status\":\"live\"}");
    assertThat(ready.body().strip()).isEqualTo("{\"status\":\"ready\"}");
    assertThat(agent.get("/health/ready").text().strip()).isEqualTo("{\"status\":\"ready\"}");
    assertThat(auditor.get("/health/ready").body().members())
        .containsKeys("status", "controls", "vaultMemory");
    JsonValue.Obj loops = auditor.get("/health/live").body();
    assertThat(GatewayProcess.Json.items(loops, "loops")).isNotEmpty();
    assertThat(gateway.administration("/health/ready")).contains("\"controls\"");
    try (var stranger = new Agent(gateway.url(), "ck_no_such_key")) {
      assertThat(stranger.get("/health/ready").status()).isEqualTo(401);
    }
  }

  @Test
  void anAccessLineIsJsonAndHoldsTheTemplateAndNothingThatAClientChose() throws Exception {
    String planted = "planted" + UUID.randomUUID();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/tools/" + planted + "?q=" + planted))
            .header("user-agent", planted)
            .header("x-forwarded-for", planted)
            .build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    String id = answer.headers().firstValue("x-request-id").orElseThrow();
    String line =
        gateway
            .errors()
            .lines()
            .filter(record -> record.contains(id) && record.contains("dev.chitin.access"))
            .findFirst()
            .orElseThrow();
    JsonValue.Obj record = GatewayProcess.Json.object(line);
    assertThat(GatewayProcess.Json.text(record, "route")).isEqualTo("/v1/tools/{name}");
    assertThat(GatewayProcess.Json.number(record, "status")).isEqualTo(401);
    assertThat(GatewayProcess.Json.number(record, "bytes")).isPositive();
    assertThat(gateway.errors()).doesNotContain(planted);
    assertThat(agent.get("/v1/tools").status()).isEqualTo(200);
    assertThat(gateway.errors()).contains("\"principal\":\"default/agent\"");
  }
}
