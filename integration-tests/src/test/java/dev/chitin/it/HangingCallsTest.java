package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls that hang hold nobody else up, and end with their caller. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Isolated
class HangingCallsTest {
  private static final int HANGING = 64;
  private static final int PROBES = 400;
  private static final int ROUNDS = 3;

  private GatewayProcess gateway;
  private Agent agent;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(GatewayProcess.HIGH_RATE), GatewayProcess.COMPILED_AS_SERVED);
    agent = new Agent(gateway.url(), gateway.key("agent", "agent"));
  }

  @AfterAll
  void stop() {
    agent.close();
    gateway.close();
  }

  @Test
  void aClientThatDisconnectsHasItsProcessGone() throws Exception {
    String seconds = "61." + (System.nanoTime() % 1_000_000);
    InputStream stream = agent.stream("process_run", Agent.argv("sleep", seconds));
    stream.read();
    awaitProcesses(seconds, true);
    long left = System.nanoTime();
    stream.close();
    awaitProcesses(seconds, false);
    Duration taken = Duration.ofNanos(System.nanoTime() - left);
    assertThat(taken).isLessThan(Duration.ofSeconds(1));
  }

  /** By the body, by the field, and by the shorter of both: the tool's process goes with it. */
  @ParameterizedTest
  @CsvSource({"'\"timeoutMs\":400,',", "'',400", "'\"timeoutMs\":400,',30000"})
  void aCallEndsAtTheTimeThatItsClientGivesIt(String member, @Nullable String field)
      throws Exception {
    String seconds = "62." + (System.nanoTime() % 1_000_000);
    String body = "{" + member + "\"arguments\":{\"argv\":[\"sleep\",\"" + seconds + "\"]}}";
    HttpRequest.Builder request =
        agent
            .request("/v1/tools/process_run/calls")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (field != null) {
      request.header("chitin-timeout-ms", field);
    }
    Agent.Answer late = agent.send(request.header("content-type", "application/json").build());
    assertThat(late.text()).contains("deadline");
    awaitProcesses(seconds, false);
  }

  @Test
  void hangingCallsLeaveHealthAndOtherCallsAsTheyWere() throws Exception {
    measure();
    Latencies idle = best();
    List<InputStream> hanging = new ArrayList<>();
    for (int i = 0; i < HANGING; i++) {
      InputStream stream = agent.stream("process_run", Agent.argv("sleep", "60"));
      stream.read();
      hanging.add(stream);
    }
    Latencies loaded = best();
    for (InputStream stream : hanging) {
      stream.close();
    }
    // Below a floor the clock of a shared machine says nothing about the gateway.
    assertThat(loaded.health()).isLessThanOrEqualTo(Math.max(2 * idle.health(), 5_000_000));
    assertThat(loaded.calls()).isLessThanOrEqualTo(Math.max(2 * idle.calls(), 20_000_000));
  }

  /**
   * The 99th percentiles of one round, nanoseconds.
   *
   * @param calls of {@code fs_list}, which needs no new process
   */
  private record Latencies(long health, long calls) {}

  /** The best of some rounds: neighbours on the machine can only make a round worse. */
  private Latencies best() throws IOException, InterruptedException {
    long health = Long.MAX_VALUE;
    long calls = Long.MAX_VALUE;
    for (int i = 0; i < ROUNDS; i++) {
      Latencies round = measure();
      health = Math.min(health, round.health());
      calls = Math.min(calls, round.calls());
    }
    return new Latencies(health, calls);
  }

  private Latencies measure() throws IOException, InterruptedException {
    long[] health = new long[PROBES];
    long[] calls = new long[PROBES];
    for (int i = 0; i < PROBES; i++) {
      long begun = System.nanoTime();
      assertThat(agent.get("/health/live").status()).isEqualTo(200);
      health[i] = System.nanoTime() - begun;
      begun = System.nanoTime();
      assertThat(agent.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
      calls[i] = System.nanoTime() - begun;
    }
    return new Latencies(p99(health), p99(calls));
  }

  private static long p99(long[] nanos) {
    Arrays.sort(nanos);
    return nanos[(int) Math.ceil(nanos.length * 0.99) - 1];
  }

  /** Waits until a process with that argument is there, or none is; fails after half a minute. */
  private static void awaitProcesses(String argument, boolean present) throws IOException {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (running(argument) != present) {
      assertThat(System.nanoTime()).as("process with %s", argument).isLessThan(limit);
      // The kernel gives no signal for a process that is not ours.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  private static boolean running(String argument) throws IOException {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes
          .filter(path -> path.getFileName().toString().chars().allMatch(Character::isDigit))
          .anyMatch(path -> arguments(path).contains(argument));
    }
  }

  private static List<String> arguments(Path process) {
    try {
      byte[] line = Files.readAllBytes(process.resolve("cmdline"));
      return List.of(new String(line, StandardCharsets.UTF_8).split("\0", -1));
    } catch (NoSuchFileException gone) {
      return List.of();
    } catch (IOException gone) {
      // A process that ends while it is read answers ESRCH.
      return List.of();
    }
  }
}
