package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Places for native calls are few and shared out fairly, and what finds none is told when. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SandboxPlacesTest {
  private GatewayProcess gateway;
  private Agent auditor;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(""),
            Map.of(
                "CHITIN_SANDBOX__MAX_RUNS", "2",
                "CHITIN_SANDBOX__MAX_RUNS_PER_TENANT", "1",
                "CHITIN_SANDBOX__MAX_WAITING", "4",
                "CHITIN_SANDBOX__MAX_WAITING_PER_TENANT", "2"));
    auditor = new Agent(gateway.url(), gateway.key("auditor", "auditor"));
  }

  @AfterAll
  void stop() {
    auditor.close();
    gateway.close();
  }

  private Agent agent(String tenant) throws IOException, InterruptedException {
    GatewayProcess.Result created =
        gateway.run("key", "create", "--name", "agent", "--tenant", tenant, "--json");
    return new Agent(
        gateway.url(), GatewayProcess.Json.text(GatewayProcess.Json.object(created.out()), "key"));
  }

  private long metric(String name) throws IOException, InterruptedException {
    Agent.Answer answer = auditor.get("/metrics");
    assertThat(answer.status()).isEqualTo(200);
    Matcher value = Pattern.compile("(?m)^" + name + " ([0-9.E]+)$").matcher(answer.text());
    assertThat(value.find()).as(name + " in " + answer.text()).isTrue();
    return (long) Double.parseDouble(value.group(1));
  }

  /** The metric is the signal: nothing else tells that a call waits. */
  private void await(String name, LongPredicate holds) throws Exception {
    Await.until(name, () -> holds.test(metric(name)));
  }

  @Test
  void aTenantsFloodIsRefusedInTimeAndLeavesRoomForOthers() throws Exception {
    try (Agent flood = agent("flood");
        Agent quiet = agent("quiet");
        HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      List<InputStream> hanging = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        hanging.add(flood.stream("process_run", Agent.argv("sleep", "60")));
      }
      await("chitin_sandbox_waiting", waiting -> waiting == 2);
      assertThat(metric("chitin_sandbox_running")).isEqualTo(1);

      HttpRequest fourth =
          flood
              .request("/v1/tools/process_run/calls")
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(Agent.body(Agent.argv("echo", "too many"))))
              .build();
      HttpResponse<String> refused = http.send(fourth, HttpResponse.BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.headers().firstValue("retry-after")).contains("1");
      JsonValue.Obj problem = GatewayProcess.Json.object(refused.body());
      assertThat(GatewayProcess.Json.text(problem, "code")).isEqualTo("sandbox.busy");
      assertThat(GatewayProcess.Json.text(problem, "rule"))
          .isEqualTo("sandbox.max_waiting_per_tenant");
      assertThat(GatewayProcess.Json.text(problem, "hint")).isNotEmpty();

      for (int i = 0; i < 5; i++) {
        Agent.Answer served = quiet.run("echo", "served");
        assertThat(served.status()).as(served.text()).isEqualTo(200);
      }
      assertThat(metric("chitin_sandbox_refused_total")).isEqualTo(1);
      for (InputStream stream : hanging) {
        stream.close();
      }
      await("chitin_sandbox_waiting", waiting -> waiting == 0);
      await("chitin_sandbox_running", running -> running == 0);
      assertThat(flood.run("echo", "again").status()).isEqualTo(200);
    }
  }

  @Test
  void aCallThatWaitsLongerThanItsDeadlineNeverStarts() throws Exception {
    try (Agent agent = agent("late")) {
      InputStream hanging = agent.stream("process_run", Agent.argv("sleep", "60"));
      await("chitin_sandbox_running", running -> running == 1);
      Agent.Answer late =
          agent.post(
              "/v1/tools/process_run/calls",
              "{\"timeoutMs\":300,\"arguments\":{\"argv\":[\"echo\",\"x\"]}}");
      assertThat(late.status()).as(late.text()).isEqualTo(504);
      assertThat(late.member("code")).isEqualTo("deadline.exceeded");
      hanging.close();
      await("chitin_sandbox_running", running -> running == 0);
    }
  }

  @Test
  void metricsNeedAKeyThatMayReadThem() throws Exception {
    try (Agent agent = agent("default")) {
      assertThat(agent.get("/metrics").status()).isEqualTo(403);
    }
    assertThat(auditor.get("/metrics").text())
        .contains("chitin_sandbox_warm_hit_ratio", "chitin_sandbox_warm_hits_total");
  }
}
