package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Floods, beside which callers with good credentials are served as before: turns with and without
 * the attack follow each other, and the medians of their 99th percentiles are compared, so that a
 * busy machine slows both sides. All connections are loopback's.
 */
@Tag("full")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FloodTest {
  private static final int TURNS = 4;

  /**
   * Turns under attack that do not count: what compiles the code of a refusal is not the attack.
   */
  private static final int WARM_UPS = 2;

  private static final long TURN_MILLIS = 1_000;
  private static final double MOST_RATIO = 3;

  /** Below it a shared machine's clock says nothing about the gateway. */
  private static final long FLOOR_NANOS = 4_000_000;

  /** By how much the gateway's resident memory may grow, with a heap of at most 1 GiB. */
  private static final long MOST_GROWTH_KIB = 768 * 1024;

  private static final int CALLERS = 12;
  private static final long MOST_CONNECTIONS = 10_000;
  private static final long PER_ADDRESS = 256;
  private static final int HEADER_MILLIS = 5_000;

  /** What one address may do by default: twenty times a principal's rate and burst. */
  private static final double ADDRESS_BURST = 20 * 200;

  private static final double ADDRESS_PER_SECOND = 20 * 6_000 / 60.0;

  /** What a wrong credential costs: its own token and ten more. */
  private static final double FAILURE_COST = 11;

  private Path directory;
  private Tokens tokens;
  private Tokens strangers;
  private GatewayProcess gateway;
  private HttpWire wire;
  private final List<byte[]> calls = new ArrayList<>();
  private String goneKey = "";
  private int next;

  @BeforeAll
  void start() throws Exception {
    directory = Files.createTempDirectory("chitin-flood-");
    tokens = new Tokens("first");
    strangers = new Tokens("first");
    tokens.write(directory.resolve("keys.json"));
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"auth\": { \"issuers\": ["
                    + Tokens.configuration(
                        "\"jwks_file\": \"" + directory.resolve("keys.json") + "\"")
                    + "] }, \"gateway\": { \"limits\": { \"header_timeout_ms\": "
                    + HEADER_MILLIS
                    + ", \"body_timeout_ms\": 2500 } }, \"tools\": [{ \"name\": \"echo\","
                    + " \"description\": \"Gives its arguments back.\", \"input\": { \"type\":"
                    + " \"object\" }, \"run\": { \"verticle\": { \"address\":"
                    + " \"chitin.tool.echo\" } } }]"),
            // A small young generation: what is kept shows, and not what waits to be collected.
            Map.of("JDK_JAVA_OPTIONS", "-Xmn48m"));
    goneKey = revokedKey();
    for (int i = 0; i < CALLERS; i++) {
      calls.add(call(tokens.token(Tokens.claims("caller-" + i, "c" + i))));
    }
    wire = HttpWire.open(gateway.url());
    for (int i = 0; i < 3; i++) {
      p99();
    }
  }

  @AfterAll
  void stop() throws IOException {
    wire.close();
    gateway.close();
    GatewayProcess.remove(directory);
  }

  private String revokedKey() throws Exception {
    GatewayProcess.Result created = gateway.run("key", "create", "--name", "gone", "--json");
    JsonValue.Obj key = GatewayProcess.Json.object(created.out());
    assertThat(gateway.run("key", "revoke", GatewayProcess.Json.text(key, "id")).exit()).isZero();
    return GatewayProcess.Json.text(key, "key");
  }

  private String head(String credential, long length) {
    return "POST /v1/tools/echo/calls HTTP/1.1\r\nHost: "
        + gateway.url().getAuthority()
        + "\r\nAuthorization: Bearer "
        + credential
        + "\r\nContent-Type: application/json\r\nContent-Length: "
        + length
        + "\r\n\r\n";
  }

  private byte[] call(String credential) {
    String body = "{\"arguments\":{\"text\":\"still here\"}}";
    return Flood.ascii(head(credential, body.length()) + body).array();
  }

  // ---- the measure ----

  /** The 99th percentile of one turn's calls, by twelve callers in turn, in nanoseconds. */
  private long p99() throws IOException {
    List<Long> nanos = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TURN_MILLIS);
    for (long begun = System.nanoTime(); begun < end; begun = System.nanoTime()) {
      wire.send(calls.get(next++ % CALLERS));
      HttpWire.Answer answer = wire.answer();
      nanos.add(System.nanoTime() - begun);
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      // Within the rate of the twelve: what is measured is not the limiter.
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
    long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    return sorted[(int) Math.ceil(sorted.length * 0.99) - 1];
  }

  private static long median(long... values) {
    long[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private long residentKib() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + gateway.handle().pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  /** What is asked of every attack. */
  @FunctionalInterface
  private interface Attack {
    Flood start() throws Exception;
  }

  /** Seen while it ran. */
  @FunctionalInterface
  private interface During {
    void look(Flood flood) throws Exception;
  }

  private void holds(String name, Attack attack, During during) throws Exception {
    long before = residentKib();
    for (int i = 0; i < WARM_UPS; i++) {
      try (Flood flood = attack.start()) {
        p99();
        during.look(flood);
      }
    }
    KeyLifeTest.await(() -> gateway.metric("chitin_connections") <= 1);
    long[] quiet = new long[TURNS];
    long[] under = new long[TURNS];
    String shape = "";
    for (int turn = 0; turn < TURNS; turn++) {
      quiet[turn] = p99();
      try (Flood flood = attack.start()) {
        under[turn] = p99();
        during.look(flood);
        shape =
            flood.opened()
                + " connections opened, "
                + flood.closedByGateway()
                + " closed by the gateway, "
                + flood.bytes()
                + " bytes in the last turn";
      }
      KeyLifeTest.await(() -> gateway.metric("chitin_connections") <= 1);
    }
    long grown = residentKib() - before;
    String told =
        String.format(
            Locale.ROOT,
            "%s: p99 %.1f ms without, %.1f ms under attack; memory %+d MiB; %s",
            name,
            median(quiet) / 1e6,
            median(under) / 1e6,
            grown / 1024,
            shape);
    System.out.println(told);
    assertThat((double) median(under))
        .as(told)
        .isLessThanOrEqualTo(MOST_RATIO * Math.max(median(quiet), FLOOR_NANOS));
    assertThat(grown).as(told).isLessThan(MOST_GROWTH_KIB);
  }

  // ---- slow clients ----

  @Test
  void hundredsThatTrickleTheirHeadersAndBodies() throws Exception {
    String credential = tokens.token(Tokens.claims("slow", "slow"));
    IntFunction<Flood.Stream> streams =
        number ->
            number % 2 == 0
                ? trickle("GET /health/live HTTP/1.1\r\nX-Slow: ")
                : trickle(head(credential, 100_000));
    holds(
        "slow headers and bodies",
        () -> new Flood(gateway.url(), 400, Flood.addresses(2, 2), streams, 10).begin(),
        flood -> assertThat(flood.open()).isPositive());
    // Long enough for the first to be over their time.
    try (Flood flood = new Flood(gateway.url(), 400, Flood.addresses(2, 2), streams, 10).begin()) {
      KeyLifeTest.await(() -> flood.closedByGateway() >= 400);
    }
  }

  private static Flood.Stream trickle(String first) {
    boolean[] begun = {false};
    return () -> {
      if (begun[0]) {
        return Flood.ascii("a");
      }
      begun[0] = true;
      return Flood.ascii(first);
    };
  }

  // ---- many connections ----

  private static int descriptors() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? (int) Math.min(MOST_CONNECTIONS, unix.getMaxFileDescriptorCount() - 500)
        : 1_000;
  }

  @Test
  void tenThousandConnectionsThatSayNothing() throws Exception {
    int count = descriptors();
    if (count < MOST_CONNECTIONS) {
      System.out.println("This machine lets one process open " + count + " connections.");
    }
    int addresses = (int) Math.ceilDiv(MOST_CONNECTIONS, PER_ADDRESS);
    holds(
        count + " connections",
        () ->
            new Flood(
                    gateway.url(),
                    count,
                    Flood.addresses(10, addresses),
                    number -> () -> ByteBuffer.allocate(0),
                    5)
                .begin(),
        flood -> {
          double open = gateway.metric("chitin_connections");
          assertThat(open).isGreaterThan(count / 2.0).isLessThanOrEqualTo(MOST_CONNECTIONS);
        });
    try (HttpWire after = HttpWire.open(gateway.url())) {
      after.send(calls.getFirst());
      assertThat(after.answer().status()).isEqualTo(200);
    }
  }

  @Test
  void anAddressBeyondItsShareIsClosedAtOnce() throws Exception {
    double before = gateway.metric("chitin_connections_refused_total");
    try (Flood flood =
        new Flood(
                gateway.url(), 600, List.of("127.0.0.9"), number -> () -> ByteBuffer.allocate(0), 5)
            .begin()) {
      KeyLifeTest.await(() -> flood.closedByGateway() > 300);
      assertThat(gateway.metric("chitin_connections")).isLessThanOrEqualTo(PER_ADDRESS + 1.0);
    }
    assertThat(gateway.metric("chitin_connections_refused_total")).isGreaterThan(before + 300);
  }

  // ---- wrong credentials ----

  @Test
  void wrongKeysFromOneAddressAsFastAsTheyGo() throws Exception {
    wrong("wrong keys, one address", 4, Flood.addresses(60, 1), number -> wrongKeys());
  }

  @Test
  void wrongTokensFromManyAddressesAsFastAsTheyGo() throws Exception {
    String signed = strangers.token(Tokens.claims("stranger", "s"));
    wrong(
        "wrong tokens, eight addresses",
        8,
        Flood.addresses(70, 8),
        number -> wrongTokens(signed, number));
  }

  private void wrong(
      String name, int connections, List<String> addresses, IntFunction<Flood.Stream> streams)
      throws Exception {
    double limited = gateway.metric("chitin_ratelimit_hits_total");
    double verified = gateway.metric("chitin_auth_verifications_total");
    long begun = System.nanoTime();
    holds(
        name,
        () -> new Flood(gateway.url(), connections, addresses, streams, 0).begin(),
        flood -> assertThat(flood.bytes()).isPositive());
    double seconds = (System.nanoTime() - begun) / 1e9;
    double hits = gateway.metric("chitin_ratelimit_hits_total") - limited;
    double verifications = gateway.metric("chitin_auth_verifications_total") - verified;
    System.out.printf(
        Locale.ROOT,
        "%s: %,.0f refused by the bucket, %,.0f signatures looked at%n",
        name,
        hits,
        verifications);
    assertThat(hits).as("refused before any check").isPositive();
    assertThat(verifications)
        .isLessThanOrEqualTo(
            addresses.size() * ((ADDRESS_BURST + ADDRESS_PER_SECOND * seconds) / FAILURE_COST + 1)
                + CALLERS * Math.ceil(seconds / 60 + 1));
  }

  private Flood.Stream wrongKeys() {
    byte[] many = Flood.ascii(bare(goneKey).repeat(32)).array();
    return () -> ByteBuffer.wrap(many);
  }

  /** Each a token of its own, so that none is remembered as bad. */
  private Flood.Stream wrongTokens(String signed, int number) {
    var random = new Random(number);
    int signature = signed.lastIndexOf('.') + 1;
    return () -> {
      var many = new StringBuilder();
      for (int i = 0; i < 16; i++) {
        var one = new StringBuilder(signed);
        for (int j = 0; j < 12; j++) {
          one.setCharAt(signature + 10 + j, (char) ('a' + random.nextInt(26)));
        }
        many.append(bare(one.toString()));
      }
      return Flood.ascii(many.toString());
    };
  }

  private String bare(String credential) {
    return "GET /v1/tools HTTP/1.1\r\nHost: "
        + gateway.url().getAuthority()
        + "\r\nAuthorization: Bearer "
        + credential
        + "\r\n\r\n";
  }
}
