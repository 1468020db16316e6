package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** SIGTERM ends service in order, and nothing that ran goes without its record. */
class DrainTest {
  private static final String TIMEOUT = "CHITIN_GATEWAY__DRAIN__TIMEOUT_MS";
  private static final String DELAY = "CHITIN_GATEWAY__DRAIN__DELAY_MS";

  /** A stream of a call, read up to the event that says that the tool runs. */
  private record Running(InputStream stream, BufferedReader lines, String callId)
      implements AutoCloseable {
    static Running begin(Agent agent, String... argv) throws IOException, InterruptedException {
      InputStream stream = agent.stream("process_run", Agent.argv(argv));
      var lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("data: ")) {
          return new Running(
              stream,
              lines,
              GatewayProcess.Json.text(GatewayProcess.Json.object(line.substring(6)), "callId"));
        }
      }
      throw new AssertionError("the call did not start");
    }

    /** The rest of the stream. */
    List<String> rest() {
      return lines.lines().toList();
    }

    @Override
    public void close() throws IOException {
      stream.close();
    }
  }

  private static GatewayProcess start(Map<String, String> environment) throws IOException {
    return GatewayProcess.start(GatewayProcess.home(""), environment);
  }

  /** What the log of a stopped gateway says of one call. */
  private static List<String> recorded(Path home, String callId)
      throws IOException, InterruptedException {
    GatewayProcess.Result tail =
        GatewayProcess.run(home, new byte[0], "audit", "tail", "-n", "1000", "--json");
    assertThat(tail.exit()).as(tail.err()).isZero();
    return tail.out().lines().filter(line -> line.contains(callId)).toList();
  }

  private static void awaitDraining(GatewayProcess gateway) throws Exception {
    Await.until("draining", () -> gateway.administration("/health/ready").contains("\"draining\""));
  }

  @Test
  void aCallThatRunsAcrossTheSignalEndsAsIfThereWereNone() throws Exception {
    try (GatewayProcess gateway = start(Map.of());
        var agent = new Agent(gateway.url(), gateway.key("agent", "agent"))) {
      try (Running call = Running.begin(agent, "sleep", "10")) {
        gateway.signal("TERM");
        awaitDraining(gateway);
        GatewayProcess.Result refused =
            gateway.run("tool", "call", "fs_list", "{\"path\":\".\"}", "--json");
        assertThat(refused.out() + refused.err()).contains("gateway.draining");
        assertThat(refused.exit()).isEqualTo(5);
        assertThat(call.rest())
            .anyMatch(line -> line.equals("event: result"))
            .anyMatch(line -> line.contains("\"status\":\"exit 0\""));
        assertThat(gateway.ended()).isZero();
        assertThat(recorded(gateway.home(), call.callId()))
            .anyMatch(line -> line.contains("exit 0"));
      }
      GatewayProcess.Result verified =
          GatewayProcess.run(gateway.home(), new byte[0], "audit", "verify");
      assertThat(verified.exit()).as(verified.err()).isZero();
    }
  }

  @Test
  void aCallThatDoesNotEndInTimeIsCancelledAnsweredAndRecorded() throws Exception {
    try (GatewayProcess gateway = start(Map.of(TIMEOUT, "300"));
        var agent = new Agent(gateway.url(), gateway.key("agent", "agent"));
        Running call = Running.begin(agent, "sleep", "100")) {
      gateway.signal("TERM");
      assertThat(call.rest())
          .anyMatch(
              line ->
                  line.contains("\"status\":\"cancelled\",\"cancelReason\":\"the gateway stops\""));
      assertThat(gateway.ended()).isZero();
      assertThat(recorded(gateway.home(), call.callId()))
          .anyMatch(line -> line.contains("\"cancelled\""));
    }
  }

  @Test
  void untilTheDelayIsOverCallsAreServedAndASecondSignalWaitsForNothing() throws Exception {
    try (GatewayProcess gateway = start(Map.of(DELAY, "3600000", TIMEOUT, "3600000"));
        var agent = new Agent(gateway.url(), gateway.key("agent", "agent"));
        Running call = Running.begin(agent, "sleep", "100")) {
      gateway.signal("TERM");
      awaitDraining(gateway);
      Agent.Answer ready = agent.get("/health/ready");
      assertThat(ready.status()).isEqualTo(503);
      assertThat(ready.member("status")).isEqualTo("draining");
      assertThat(agent.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
      gateway.signal("TERM");
      assertThat(call.rest()).anyMatch(line -> line.contains("\"status\":\"cancelled\""));
      assertThat(gateway.ended()).isZero();
      assertThat(recorded(gateway.home(), call.callId()))
          .anyMatch(line -> line.contains("\"cancelled\""));
    }
  }
}
