package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Who may come in, how often, and how long they may take over it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EdgeTest {
  private static final String PAGE = "https://app.example.com";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private GatewayProcess gateway;
  private String key;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"gateway\": { \"cors_origins\": [\""
                    + PAGE
                    + "\"], \"rate_limit\": { \"requests_per_minute\": 600, \"burst\": 20 },"
                    + " \"limits\": { \"header_timeout_ms\": 5000, \"connections\": 60, \"connections_per_address\": 40 }"
                    + " }"));
    key = gateway.key("agent", "agent");
  }

  @AfterAll
  void stop() {
    http.shutdownNow();
    gateway.close();
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(
        request.timeout(Duration.ofMinutes(1)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest.Builder tools(String withKey) {
    return HttpRequest.newBuilder(gateway.url().resolve("/v1/tools"))
        .header("authorization", "Bearer " + withKey);
  }

  private String freshKey(String name) throws IOException, InterruptedException {
    return gateway.key(name, "agent");
  }

  // ---- time ----

  /** A connection between requests may be silent; one on which a header has begun may not. */
  @Test
  void theNextHeaderOfAConnectionHasNoMoreTimeThanTheFirst() throws Exception {
    String request =
        "GET /health/live HTTP/1.1\r\nHost: " + gateway.url().getAuthority() + "\r\n\r\n";
    try (var trickling = HttpWire.open(gateway.url(), "127.0.0.31");
        var silent = HttpWire.open(gateway.url(), "127.0.0.32")) {
      trickling.timeout(120_000);
      trickling.send(request);
      silent.send(request);
      assertThat(trickling.answer().status()).isEqualTo(200);
      assertThat(silent.answer().status()).isEqualTo(200);
      trickling.send("G");
      assertThat(trickling.rest()).as("to its end").isEmpty();
      silent.send(request);
      assertThat(silent.answer().status()).isEqualTo(200);
    }
  }

  // ---- CORS ----

  @Test
  void aPageOfAListedOriginMayCallAndReadTheAnswer() throws Exception {
    HttpResponse<String> answer = send(tools(freshKey("page")).header("origin", PAGE));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("access-control-allow-origin")).contains(PAGE);
    assertThat(answer.headers().firstValue("vary")).contains("Origin");
    assertThat(answer.headers().firstValue("access-control-allow-credentials")).isEmpty();
    assertThat(answer.headers().firstValue("access-control-expose-headers").orElse(""))
        .contains("ratelimit", "location", "x-should-retry", "chitin-call-id");
  }

  @Test
  void aPageOfAnyOtherOriginIsRefusedWhateverItAsks() throws Exception {
    String own = freshKey("other-page");
    for (String origin :
        List.of(
            "https://evil.example",
            "null",
            "http://app.example.com",
            "https://app.example.com:444",
            "https://app.example.com.evil.example",
            "https://APP.example.com",
            "https://sub.app.example.com")) {
      HttpResponse<String> answer = send(tools(own).header("origin", origin));
      assertThat(answer.statusCode()).as(origin).isEqualTo(403);
      assertThat(answer.body()).contains("request.origin_forbidden");
      assertThat(answer.headers().firstValue("access-control-allow-origin")).isEmpty();
    }
  }

  @Test
  void aPreflightIsAnsweredWithoutACredentialAndOnlyForAListedOrigin() throws Exception {
    HttpResponse<String> allowed = preflight(PAGE);
    assertThat(allowed.statusCode()).isEqualTo(204);
    assertThat(allowed.headers().firstValue("access-control-allow-origin")).contains(PAGE);
    assertThat(allowed.headers().firstValue("access-control-allow-methods")).contains("POST");
    assertThat(allowed.headers().firstValue("access-control-max-age")).contains("600");
    assertThat(allowed.headers().firstValue("x-request-id")).isPresent();
    assertThat(allowed.headers().firstValue("access-control-allow-headers").orElse(""))
        .contains("authorization", "content-type")
        .doesNotContain("*");
    assertThat(allowed.headers().firstValue("access-control-allow-private-network")).isEmpty();
    HttpResponse<String> refused = preflight("https://evil.example");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.headers().firstValue("access-control-allow-methods")).isEmpty();
  }

  private HttpResponse<String> preflight(String origin) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(gateway.url().resolve("/v1/tools/process_run/calls"))
            .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
            .header("origin", origin)
            .header("access-control-request-private-network", "true")
            .header("access-control-request-method", "POST"));
  }

  @Test
  void anotherNameThatLeadsHereIsRefused() throws Exception {
    String answer =
        Raw.exchange(
            gateway.url(),
            "GET /health/live HTTP/1.1\r\nHost: rebound.example:"
                + gateway.url().getPort()
                + "\r\nConnection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 403").contains("request.host_forbidden");
  }

  @Test
  void thereIsNothingToUpgradeTo() throws Exception {
    String answer =
        Raw.exchange(
            gateway.url(),
            "GET /v1/tools HTTP/1.1\r\nHost: localhost:"
                + gateway.url().getPort()
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                + "GET /health/live HTTP/1.1\r\nHost: localhost:"
                + gateway.url().getPort()
                + "\r\nConnection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 400");
  }

  @Test
  void aClientThatOffersHttp2InClearIsAnsweredInHttp1() throws Exception {
    try (var offering = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      HttpResponse<String> answer =
          offering.send(tools(freshKey("offering")).build(), HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    }
  }

  @Test
  void everyAnswerForbidsWhatABrowserMightMakeOfIt() throws Exception {
    for (HttpRequest.Builder request :
        List.of(tools(freshKey("headers")), tools("none"), tools(key).uri(path("/nowhere")))) {
      HttpResponse<String> answer = send(request);
      assertThat(answer.headers().firstValue("x-content-type-options")).contains("nosniff");
      assertThat(answer.headers().firstValue("referrer-policy")).contains("no-referrer");
      assertThat(answer.headers().firstValue("cache-control")).contains("no-store");
      assertThat(answer.headers().firstValue("content-security-policy").orElse(""))
          .contains("default-src 'none'");
    }
  }

  private java.net.URI path(String path) {
    return gateway.url().resolve(path);
  }

  // ---- rates ----

  @Test
  void whoAsksTooOftenIsToldWhenToComeBackAndNobodyElseIsHeldUp() throws Exception {
    String eager = freshKey("eager");
    HttpResponse<String> answer = send(tools(eager));
    assertThat(answer.headers().firstValue("ratelimit-policy")).contains("\"default\";q=600;w=60");
    assertThat(answer.headers().firstValue("ratelimit").orElse("")).startsWith("\"default\";r=19");
    for (int i = 0; i < 200 && answer.statusCode() == 200; i++) {
      answer = send(tools(eager));
    }
    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.body()).contains("rate.limited").contains("gateway.rate_limit");
    assertThat(answer.headers().firstValue("retry-after")).contains("1");
    assertThat(answer.headers().firstValue("ratelimit")).contains("\"default\";r=0;t=1");
    assertThat(send(tools(freshKey("patient"))).statusCode()).isEqualTo(200);
    awaitEntry("RateLimitExceeded", "\"tier\":\"principal\"");
    assertThat(gateway.run("audit", "events", "--kind", "RateLimitExceeded").out())
        .contains("\"eager\"");
  }

  @Test
  void anAddressThatAsksTooOftenIsRefusedBeforeItsCredentialIsLookedAt() throws Exception {
    String request =
        "GET /v1/tools HTTP/1.1\r\nHost: "
            + gateway.url().getAuthority()
            + "\r\nAuthorization: Bearer nobody\r\n\r\n";
    HttpWire.Answer last = from("127.0.0.91", request);
    for (int i = 0; i < 1_000 && last.status() == 401; i++) {
      last = from("127.0.0.91", request);
    }
    assertThat(last.status()).isEqualTo(429);
    assertThat(last.field("retry-after")).isNotEmpty();
    assertThat(last.field("ratelimit")).startsWith("\"address\";r=0;t=");
    assertThat(last.field("ratelimit-policy")).startsWith("\"address\";q=");
    assertThat(from("127.0.0.92", request).status()).as("another address").isEqualTo(401);
    awaitEntry("RateLimitExceeded", "\"tier\":\"address\"");
  }

  private HttpWire.Answer from(String address, String request) throws IOException {
    try (HttpWire wire = HttpWire.open(gateway.url(), address)) {
      wire.send(request);
      return wire.answer();
    }
  }

  @Test
  void balancersAskByHeadToo() throws Exception {
    for (String path : List.of("/health/live", "/health/ready")) {
      HttpResponse<String> head =
          send(
              HttpRequest.newBuilder(path(path))
                  .method("HEAD", HttpRequest.BodyPublishers.noBody()));
      assertThat(head.statusCode()).isEqualTo(200);
      assertThat(head.body()).isEmpty();
    }
  }

  @Test
  void twoOriginsAreTwoQuestions() throws Exception {
    String request =
        "GET /health/live HTTP/1.1\r\nHost: "
            + gateway.url().getAuthority()
            + "\r\nOrigin: "
            + PAGE
            + "\r\n%s\r\n";
    assertThat(from("127.0.0.93", request.formatted("")).status()).isEqualTo(200);
    assertThat(from("127.0.0.93", request.formatted("Origin: https://evil.example\r\n")).status())
        .isEqualTo(403);
  }

  /** Who waits to be asked for a body is asked once it would be read, on every route. */
  @Test
  void aBodyThatWaitsIsAskedForAndAnotherExpectationIsRefused() throws Exception {
    String value = "not-a-secret-0123456789";
    String put =
        "PUT /v1/secrets/waits HTTP/1.1\r\nHost: "
            + gateway.url().getAuthority()
            + "\r\nAuthorization: Bearer "
            + gateway.key("keeper", "operator")
            + "\r\nContent-Type: application/octet-stream\r\nContent-Length: "
            + value.length()
            + "\r\nExpect: %s\r\n\r\n";
    try (HttpWire wire = HttpWire.open(gateway.url(), "127.0.0.94")) {
      wire.send(put.formatted("100-continue"));
      assertThat(wire.untilQuiet(500)).startsWith("HTTP/1.1 100 ");
      wire.send(value);
      assertThat(wire.answer().status()).isEqualTo(201);
    }
    HttpWire.Answer refused = from("127.0.0.94", put.formatted("tea"));
    assertThat(refused.status()).isEqualTo(417);
    assertThat(refused.text()).contains("request.expectation_failed");
  }

  @Test
  void theHealthRoutesHaveABucketOfTheirOwn() throws Exception {
    for (int i = 0; i < 100; i++) {
      assertThat(send(HttpRequest.newBuilder(path("/health/live"))).statusCode()).isEqualTo(200);
    }
  }

  private void awaitEntry(String kind, String text) throws Exception {
    Await.until(
        "a record of " + kind,
        () -> entries().stream().anyMatch(e -> e.contains("\"" + kind + "\"") && e.contains(text)));
  }

  private List<String> entries() {
    var reader = new LogReader(gateway.home().resolve("audit"));
    List<String> found = new ArrayList<>();
    long next = 0;
    for (List<LogEntry> page = reader.read(next, 1_000);
        !page.isEmpty();
        page = reader.read(next, 1_000)) {
      page.forEach(e -> found.add(new String(e.json().borrow(), StandardCharsets.UTF_8)));
      next = page.getLast().index() + 1;
    }
    return found;
  }

  // ---- slow clients and many connections ----

  @Test
  void aHeaderThatComesByteByByteIsNotWaitedFor() throws Exception {
    try (var socket = new Socket(gateway.url().getHost(), gateway.url().getPort())) {
      socket.setSoTimeout(100);
      // Fewer than the idle time of a connection would let through, which is not what is meant.
      byte[] drip =
          ("GET /health/live HTTP/1.1\r\nX-Slow: " + "a".repeat(500))
              .getBytes(StandardCharsets.US_ASCII);
      boolean closed = false;
      for (int i = 0; i < drip.length && !closed; i++) {
        closed = closedAfter(socket, drip[i]);
      }
      assertThat(closed).as("closed before the header was whole").isTrue();
    }
  }

  /** Sends one byte and listens for as long as the socket waits. */
  private static boolean closedAfter(Socket socket, byte next) throws IOException {
    try {
      socket.getOutputStream().write(next);
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException stillOpen) {
      return false;
    } catch (java.net.SocketException gone) {
      return true;
    }
  }

  @Test
  void oneAddressHasItsShareOfTheConnections() throws Exception {
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < 80; i++) {
        var socket = new Socket(gateway.url().getHost(), gateway.url().getPort());
        socket.setSoTimeout(1);
        open.add(socket);
      }
      // Those that have a place are closed as well, but only when their header's time is over.
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
      while (open.size() > 40) {
        assertThat(System.nanoTime() - end).as("time to close 40 of them").isNegative();
        close(open.stream().filter(EdgeTest::isClosed).toList(), open);
      }
      assertThat(open).as("some have a place").hasSizeGreaterThan(20);
    } finally {
      close(List.copyOf(open), open);
    }
  }

  @Test
  void allAddressesTogetherHaveNoMoreConnectionsThanThereAre() throws Exception {
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < 76; i++) {
        var socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0." + (93 + i % 2)), 0));
        socket.connect(new InetSocketAddress(gateway.url().getHost(), gateway.url().getPort()));
        socket.setSoTimeout(1);
        open.add(socket);
      }
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
      while (open.size() > 60) {
        assertThat(System.nanoTime() - end).as("time to close 16 of them").isNegative();
        close(open.stream().filter(EdgeTest::isClosed).toList(), open);
      }
      assertThat(open).as("some have a place").hasSizeGreaterThan(40);
    } finally {
      close(List.copyOf(open), open);
    }
  }

  private static void close(List<Socket> closing, List<Socket> from) throws IOException {
    for (Socket socket : closing) {
      socket.close();
      from.remove(socket);
    }
  }

  private static boolean isClosed(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException open) {
      return false;
    } catch (IOException gone) {
      return true;
    }
  }
}
