package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.GatewayProcess.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * The gateway is killed in the middle of its work: what was answered, or had begun to be, is on
 * record.
 */
class CrashTest {
  private static final int CALLS = 200;
  private static final int ANSWERED_FIRST = 50;

  @Test
  void whatWasAnsweredOrHadSentOutputIsInTheLogAfterAKill() throws Exception {
    Path home = GatewayProcess.home("");
    Set<String> seen = ConcurrentHashMap.newKeySet();
    var answered = new CountDownLatch(ANSWERED_FIRST);
    List<Future<?>> callers = new ArrayList<>();
    try (var gateway = GatewayProcess.start(home);
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      String key = gateway.key("agent", "agent");
      for (int i = 0; i < CALLS; i++) {
        boolean streamed = i % 4 == 0;
        callers.add(
            pool.submit(
                () -> {
                  try (var agent = new Agent(gateway.url(), key)) {
                    if (streamed) {
                      stream(agent, seen);
                    } else {
                      Agent.Answer answer = agent.run("echo", "hello");
                      if (answer.status() == 200) {
                        seen.add(answer.member("callId"));
                        answered.countDown();
                      }
                    }
                  } catch (IOException killed) {
                    // The gateway was killed under this call: it was not answered.
                    assertThat(killed).isNotNull();
                  }
                  return null;
                }));
      }
      answered.await();
      gateway.kill();
      for (Future<?> caller : callers) {
        caller.get();
      }

      try (var again = GatewayProcess.start(home)) {
        GatewayProcess.Result verified = again.run("audit", "verify", "--json");
        assertThat(verified.exit()).as(verified.out() + verified.err()).isZero();
        String log = again.run("audit", "tail", "-n", "100000").out();
        assertThat(seen).hasSizeGreaterThanOrEqualTo(ANSWERED_FIRST);
        assertThat(seen).allSatisfy(callId -> assertThat(log).contains(callId));
        // Whoever began and has no end of his own was given one at the start.
        long authorized = count(log, "\"phase\":\"Authorized\"");
        long ended =
            count(log, "\"phase\":\"Completed\"")
                + count(log, "\"phase\":\"NotRun\"")
                + count(log, "\"phase\":\"OutcomeUnknown\"");
        assertThat(ended).isEqualTo(authorized);
      }
    }
  }

  /** Reads a stream as far as it comes and notes the call once something of it was sent. */
  private static void stream(Agent agent, Set<String> seen)
      throws IOException, InterruptedException {
    try (var reader =
        new BufferedReader(
            new InputStreamReader(
                agent.stream("process_run", Agent.argv("seq", "1", "50000")),
                StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (line.startsWith("data: {\"callId\"")) {
          seen.add(Json.text(Json.object(line.substring(6)), "callId"));
        }
      }
    }
  }

  private static long count(String log, String text) {
    return log.lines().filter(line -> line.contains(text)).count();
  }
}
