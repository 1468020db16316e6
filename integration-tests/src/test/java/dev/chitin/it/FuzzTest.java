package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Spoiled requests, many of them: each has a well-formed answer with a known status or none, none
 * of them a failure of the gateway's own; nothing hangs, nothing stays, nothing leaks. The gateway
 * runs with Netty's leak detector at its strictest and a small young generation, so that a buffer
 * that nobody releases is found soon.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FuzzTest {
  private static final int SOME = 40_000;
  private static final int MANY = 1_050_000;
  private static final int THREADS = 4;
  private static final int MOST_IN_BATCH = 32;
  private static final int PATIENCE_MILLIS = 20_000;

  /** How long one connection in twenty is listened to before it is half closed. */
  private static final int LISTEN_MILLIS = 30;

  private static final Set<Integer> KNOWN =
      Arrays.stream(ProblemCode.values())
          .filter(code -> code != ProblemCode.INTERNAL)
          .map(ProblemCode::status)
          .collect(
              Collectors.toCollection(() -> new java.util.TreeSet<>(Set.of(200, 201, 202, 204))));

  private static final Set<String> CODES =
      Arrays.stream(ProblemCode.values()).map(ProblemCode::code).collect(Collectors.toSet());

  private GatewayProcess gateway;
  private final List<String> credentials = new ArrayList<>();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong broken = new AtomicLong();
  private final AtomicLongArray statuses = new AtomicLongArray(600);

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(GatewayProcess.HIGH_RATE),
            Map.of(
                "JDK_JAVA_OPTIONS",
                "-Xmn24m -Dio.netty.leakDetection.level=paranoid"
                    + " -Dio.netty.leakDetection.targetRecords=16"));
    credentials.add(gateway.key("agent", "agent"));
    credentials.add(gateway.key("admin", "admin"));
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  @Test
  void spoiledRequests() throws Exception {
    fuzz(SOME);
  }

  @Test
  @Tag("full")
  void aMillionSpoiledRequests() throws Exception {
    fuzz(MANY);
  }

  private void fuzz(int count) throws Exception {
    long seed = Long.getLong("chitin.fuzz.seed", System.nanoTime());
    long begun = System.nanoTime();
    var left = new AtomicLong(count);
    answered.set(0);
    broken.set(0);
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        long own = seed + i;
        running.add(
            threads.submit(
                () -> {
                  connections(own, left);
                  return null;
                }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    System.out.printf(
        "seed %d: %,d answered, %,d broken, %.0f/s; %s%n",
        seed, answered.get(), broken.get(), (answered.get() + broken.get()) / seconds, counts());
    assertThat(answered.get() + broken.get()).isGreaterThanOrEqualTo(count);
    nothingIsLeft();
  }

  private String counts() {
    var text = new StringBuilder();
    for (int i = 0; i < statuses.length(); i++) {
      if (statuses.get(i) > 0) {
        text.append(i).append(": ").append(statuses.get(i)).append(' ');
      }
    }
    return text.toString().strip();
  }

  /** One connection after the other: whole requests in one write, then one that is broken. */
  private void connections(long seed, AtomicLong left) throws IOException {
    var fuzzer = new RequestFuzzer(seed, gateway.url().getAuthority(), credentials);
    while (left.get() > 0) {
      var sent = new ByteArrayOutputStream();
      try (HttpWire wire = HttpWire.open(gateway.url())) {
        wire.timeout(PATIENCE_MILLIS);
        left.addAndGet(-batch(fuzzer, wire, sent) - 1);
        brokenOne(fuzzer, wire, sent);
      } catch (IOException | AssertionError e) {
        throw new AssertionError(
            "seed " + seed + ", after sending\n" + HexFormat.of().formatHex(sent.toByteArray()), e);
      }
    }
  }

  /** Gives how many were answered. */
  private int batch(RequestFuzzer fuzzer, HttpWire wire, ByteArrayOutputStream sent)
      throws IOException {
    List<RequestFuzzer.Framed> batch = new ArrayList<>();
    for (int i = fuzzer.random().nextInt(MOST_IN_BATCH); i > 0; i--) {
      RequestFuzzer.Framed one = fuzzer.framed();
      batch.add(one);
      sent.writeBytes(one.bytes());
    }
    wire.send(sent.toByteArray());
    for (RequestFuzzer.Framed one : batch) {
      Optional<HttpWire.Answer> answer = wire.read(one.isHead());
      assertThat(answer)
          .as(() -> "an answer to " + new String(one.bytes(), StandardCharsets.ISO_8859_1))
          .isPresent();
      check(answer.get(), one);
      answered.incrementAndGet();
    }
    return batch.size();
  }

  private void check(HttpWire.Answer answer, RequestFuzzer.Framed to) {
    int status = answer.status();
    if (!KNOWN.contains(status)) {
      throw new AssertionError(
          status + " " + answer.text() + " to " + new String(to.bytes(), StandardCharsets.UTF_8));
    }
    statuses.incrementAndGet(status);
    if (status >= 400 && !to.isHead()) {
      refusal(GatewayProcess.Json.object(answer.text()), status);
    }
  }

  /** A problem, or on the routes of model providers an error in their shape with the same code. */
  private static void refusal(JsonValue.Obj document, int status) {
    if (document.get("error") instanceof JsonValue.Obj error) {
      JsonValue.Obj origin = GatewayProcess.Json.object(error, "chitin");
      assertThat(CODES).contains(GatewayProcess.Json.text(origin, "code"));
      return;
    }
    assertThat(CODES).contains(GatewayProcess.Json.text(document, "code"));
    assertThat(GatewayProcess.Json.number(document, "status")).isEqualTo(status);
  }

  /** Nobody knows how many answers it has; those that come are whole, until the gateway closes. */
  private void brokenOne(RequestFuzzer fuzzer, HttpWire wire, ByteArrayOutputStream sent)
      throws IOException {
    byte[] bytes = fuzzer.broken();
    sent.writeBytes(bytes);
    var asked = new RequestFuzzer.Framed(bytes, true);
    try {
      wire.send(bytes);
      if (fuzzer.random().nextInt(20) == 0) {
        wire.timeout(LISTEN_MILLIS);
        try {
          wire.read(false).ifPresent(answer -> check(answer, asked));
        } catch (SocketTimeoutException stillWaits) {
          // It waits for the rest of what it believes is a request.
          wire.timeout(PATIENCE_MILLIS);
        }
        wire.timeout(PATIENCE_MILLIS);
      }
      wire.finish();
      for (Optional<HttpWire.Answer> answer = wire.read(false);
          answer.isPresent();
          answer = wire.read(false)) {
        check(answer.get(), asked);
      }
    } catch (HttpWire.CutOff | SocketException closedMeanwhile) {
      // The gateway closes as soon as it sees the end of what it is sent.
      broken.incrementAndGet();
      return;
    } catch (ProtocolException e) {
      if (!new String(bytes, StandardCharsets.ISO_8859_1).contains("HEAD")) {
        throw e;
      }
    }
    broken.incrementAndGet();
  }

  private void nothingIsLeft() throws Exception {
    try (HttpWire wire = HttpWire.open(gateway.url())) {
      wire.send("GET /health/live HTTP/1.1\r\nHost: " + gateway.url().getAuthority() + "\r\n\r\n");
      assertThat(wire.answer().status()).isEqualTo(200);
    }
    Await.until("no connection", () -> gateway.metric("chitin_connections") == 0);
    Await.until("no call", () -> gateway.metric("chitin_calls_running") == 0);
    assertThat(gateway.metric("chitin_vault_memory_unclosed_total")).isZero();
    assertThat(gateway.errors())
        .doesNotContain("LEAK")
        .doesNotContain(" ERROR ")
        .doesNotContain("Exception")
        .doesNotContain("blocked for");
  }

  // ---- the reader of JSON by itself ----

  /** What is read is read again as the same; all else is refused with a place. */
  @Test
  void spoiledJson() throws Exception {
    long seed = Long.getLong("chitin.fuzz.seed", System.nanoTime());
    var fuzzer = new RequestFuzzer(seed, "localhost", List.of("none"));
    int read = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] body = fuzzer.body();
      try {
        JsonValue value = StrictJson.parse(body, JsonLimits.REQUEST);
        byte[] canonical = CanonicalJson.bytes(value);
        assertThat(CanonicalJson.bytes(StrictJson.parse(canonical)))
            .as("seed %d, %s", seed, HexFormat.of().formatHex(body))
            .isEqualTo(canonical);
        read++;
      } catch (JsonSyntaxException refused) {
        assertThat(refused.line()).isPositive();
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("seed " + seed + ", " + HexFormat.of().formatHex(body), e);
      }
    }
    assertThat(read).as("some are good").isGreaterThan(1_000);
  }
}
