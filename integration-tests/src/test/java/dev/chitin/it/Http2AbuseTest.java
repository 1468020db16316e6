package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What HTTP/2 alone makes possible, frame by frame: floods of frames, and names of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Http2AbuseTest {
  /** Enough for any bound to be passed, and sent in a moment. */
  private static final int MANY = 5_000;

  private Path directory;
  private GatewayProcess gateway;
  private SSLContext trusting;
  private String host = "";
  private String key = "";

  @BeforeAll
  void start() throws Exception {
    directory = Files.createTempDirectory("chitin-h2-");
    KeyPair keys = Certificates.keys("EC", 256);
    X509CertificateHolder certificate =
        Certificates.certificate(keys, Instant.now().minusSeconds(60), Duration.ofDays(1));
    Certificates.write(directory.resolve("cert.pem"), certificate, "rw-r--r--");
    Certificates.write(
        directory.resolve("key.pem"), new JcaPKCS8Generator(keys.getPrivate(), null), "rw-------");
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry(
        "gateway", new JcaX509CertificateConverter().getCertificate(certificate));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    trusting = SSLContext.getInstance("TLS");
    trusting.init(null, trust.getTrustManagers(), null);
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"gateway\": { \"tls\": { \"cert\": \""
                    + directory.resolve("cert.pem")
                    + "\", \"key\": \""
                    + directory.resolve("key.pem")
                    + "\" }, \"rate_limit\": { \"requests_per_minute\": 1000000, \"burst\": 100000"
                    + " } }"));
    host = "localhost:" + gateway.url().getPort();
    key = gateway.key("agent", "agent");
  }

  @AfterAll
  void stop() throws IOException {
    String errors = gateway.errors();
    gateway.close();
    GatewayProcess.remove(directory);
    assertThat(errors).doesNotContain(" ERROR ").doesNotContain("blocked for");
  }

  private Http2Wire open() throws IOException {
    return Http2Wire.open(gateway.url(), trusting);
  }

  private List<String> get(String path, String authority) {
    return new ArrayList<>(
        List.of(
            ":method",
            "GET",
            ":scheme",
            "https",
            ":path",
            path,
            ":authority",
            authority,
            "authorization",
            "Bearer " + key));
  }

  /** Sends until the gateway takes no more, and gives its farewell, if there was one. */
  private static Http2Wire.@Nullable Frame flood(Http2Wire wire, List<byte[]> parts)
      throws IOException {
    try {
      for (byte[] part : parts) {
        wire.send(part);
      }
    } catch (SocketException | SSLException closed) {
      return wire.read(Http2Wire.GOAWAY);
    }
    return wire.read(Http2Wire.GOAWAY);
  }

  private static void isEnded(Http2Wire wire, Http2Wire.@Nullable Frame farewell)
      throws IOException {
    if (farewell != null) {
      assertThat(farewell.errorCode()).isEqualTo(Http2Wire.ENHANCE_YOUR_CALM);
      assertThat(wire.read(Http2Wire.GOAWAY)).as("closed after its farewell").isNull();
    }
  }

  /** A whole request on the first stream. */
  private static void ask(Http2Wire wire, List<String> fields) throws IOException {
    wire.send(
        Http2Wire.HEADERS,
        Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
        1,
        Http2Wire.block(fields));
  }

  private void othersAreServed() throws Exception {
    try (Http2Wire wire = open()) {
      ask(wire, get("/v1/tools", host));
      assertThat(wire.body(1)).contains("fs_read");
    }
    Await.until("no connection", () -> gateway.metric("chitin_connections") == 0);
    assertThat(gateway.metric("chitin_calls_running")).isZero();
  }

  // ---- what is no HTTP/2 ----

  @Test
  void whoSpeaksNoHttp2WritesNoLineOfTheLog() throws Exception {
    for (String words : List.of("GET /of-a-stranger HTTP/1.1\r\n\r\n", "of a stranger\r\n")) {
      try (Http2Wire wire = Http2Wire.silent(gateway.url(), trusting)) {
        wire.send(words.getBytes(StandardCharsets.US_ASCII));
        wire.read(Http2Wire.GOAWAY);
        assertThat(wire.read(Http2Wire.GOAWAY)).as("closed after its farewell").isNull();
      }
    }
    othersAreServed();
    assertThat(gateway.errors()).doesNotContain("ConnectionBase", "stranger");
  }

  // ---- floods of frames ----

  /** Opens streams without end, each with a second frame that undoes or breaks it. */
  private void isEndedByStreams(int flags, int second, byte[] payload) throws Exception {
    byte[] block = Http2Wire.block(get("/v1/tools", host));
    List<byte[]> parts = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      int stream = 2 * i + 1;
      var both = new ByteArrayOutputStream();
      both.writeBytes(
          Http2Wire.frame(Http2Wire.HEADERS, Http2Wire.END_HEADERS | flags, stream, block));
      both.writeBytes(Http2Wire.frame(second, 0, stream, payload));
      parts.add(both.toByteArray());
    }
    try (Http2Wire wire = open()) {
      isEnded(wire, flood(wire, parts));
    }
    othersAreServed();
  }

  @Test
  void streamsThatAreOpenedAndResetAtOnceEndTheConnection() throws Exception {
    isEndedByStreams(Http2Wire.END_STREAM, Http2Wire.RST_STREAM, new byte[] {0, 0, 0, 8});
  }

  @Test
  void streamsThatTheGatewayIsMadeToResetEndTheConnection() throws Exception {
    isEndedByStreams(0, Http2Wire.WINDOW_UPDATE, new byte[4]);
  }

  /** A header block that goes on in {@code piece} without end. */
  private List<byte[]> continued(byte[] piece) {
    List<byte[]> parts = new ArrayList<>();
    parts.add(
        Http2Wire.frame(
            Http2Wire.HEADERS,
            Http2Wire.END_STREAM,
            1,
            Http2Wire.block(get("/health/live", host))));
    byte[] one = Http2Wire.frame(Http2Wire.CONTINUATION, 0, 1, piece);
    for (int i = 0; i < MANY; i++) {
      parts.add(one);
    }
    return parts;
  }

  @Test
  void continuationsWithNothingInThemEndTheConnection() throws Exception {
    try (Http2Wire wire = open()) {
      Http2Wire.Frame farewell = flood(wire, continued(new byte[0]));
      assertThat(farewell == null || farewell.errorCode() != 0).isTrue();
      assertThat(wire.read(Http2Wire.HEADERS)).as("an answer").isNull();
    }
    othersAreServed();
  }

  @Test
  void aHeaderBlockWithoutEndEndsTheConnectionBeforeItFillsTheMemory() throws Exception {
    byte[] more = Http2Wire.block(List.of("x-more", "a".repeat(100)));
    var many = new ByteArrayOutputStream();
    for (int i = 0; i < 140; i++) {
      many.writeBytes(more);
    }
    try (Http2Wire wire = open()) {
      Http2Wire.Frame farewell = flood(wire, continued(many.toByteArray()));
      assertThat(farewell == null || farewell.errorCode() != 0).isTrue();
    }
    othersAreServed();
  }

  @Test
  void settingsAndPingsWithoutEndEndTheConnection() throws Exception {
    for (int type : new int[] {Http2Wire.SETTINGS, 6}) {
      byte[] one = Http2Wire.frame(type, 0, 0, new byte[type == 6 ? 8 : 0]);
      var hundred = new ByteArrayOutputStream();
      for (int i = 0; i < 100; i++) {
        hundred.writeBytes(one);
      }
      List<byte[]> parts = new ArrayList<>();
      for (int i = 0; i < MANY; i++) {
        parts.add(hundred.toByteArray());
      }
      try (Http2Wire wire = open()) {
        // Nothing is read meanwhile: answers pile up until the bound, or the time for a request
        // ends.
        Http2Wire.Frame farewell = flood(wire, parts);
        assertThat(wire.read(Http2Wire.GOAWAY)).as("open after %s", farewell).isNull();
      }
    }
    othersAreServed();
  }

  @Test
  void streamsBeyondTheBoundAreRefused() throws Exception {
    byte[] block =
        Http2Wire.block(
            List.of(
                ":method",
                "POST",
                ":scheme",
                "https",
                ":path",
                "/v1/tools/fs_list/calls",
                ":authority",
                host,
                "authorization",
                "Bearer " + key,
                "content-type",
                "application/json"));
    try (Http2Wire wire = open()) {
      for (int i = 0; i < 101; i++) {
        wire.send(Http2Wire.HEADERS, Http2Wire.END_HEADERS, 2 * i + 1, block);
      }
      assertThat(wire.read(Http2Wire.RST_STREAM))
          .isNotNull()
          .extracting(Http2Wire.Frame::stream)
          .isEqualTo(201);
    }
    othersAreServed();
  }

  // ---- names ----

  @Test
  void anotherNameInTheAuthorityIsRefusedOnEveryRoute() throws Exception {
    for (String path : List.of("/health/live", "/health/ready", "/v1/tools", "/mcp", "/metrics")) {
      for (String name : List.of("rebound.example", "rebound.example:" + gateway.url().getPort())) {
        try (Http2Wire wire = open()) {
          ask(wire, get(path, name));
          assertThat(wire.body(1)).as(path).contains("request.host_forbidden");
        }
      }
    }
  }

  @Test
  void aHostFieldThatSaysOtherwiseIsRefused() throws Exception {
    List<String> both = get("/health/live", host);
    both.addAll(List.of("host", "rebound.example"));
    try (Http2Wire wire = open()) {
      ask(wire, both);
      // A problem, or the stream is reset: never an answer.
      assertThat(wire.body(1)).doesNotContain("\"live\"");
    }
    try (Http2Wire wire = open()) {
      ask(wire, get("/health/live", host));
      assertThat(wire.body(1)).contains("\"live\"");
    }
  }

  @Test
  void aFieldThatHoldsAControlCharacterIsRefused() throws Exception {
    for (String value : List.of("a\r\nb: c", "a\nb", "a\0b", "a\u0007")) {
      List<String> fields = get("/health/live", host);
      fields.addAll(List.of("x-note", value));
      try (Http2Wire wire = open()) {
        ask(wire, fields);
        assertThat(wire.body(1)).doesNotContain("\"live\"");
      }
    }
    List<String> tab = get("/health/live", host);
    tab.addAll(List.of("x-note", "a\tb"));
    try (Http2Wire wire = open()) {
      ask(wire, tab);
      assertThat(wire.body(1)).contains("\"live\"");
    }
  }

  @Test
  void aBodyThatIsLongerOrShorterThanItSaysIsNotTaken() throws Exception {
    for (String length : List.of("1", "1000")) {
      List<String> fields = get("/v1/tools/fs_list/calls", host);
      fields.set(1, "POST");
      fields.addAll(List.of("content-type", "application/json", "content-length", length));
      try (Http2Wire wire = open()) {
        wire.send(Http2Wire.HEADERS, Http2Wire.END_HEADERS, 1, Http2Wire.block(fields));
        wire.send(
            Http2Wire.DATA,
            Http2Wire.END_STREAM,
            1,
            "{\"arguments\":{\"path\":\".\"}}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(wire.body(1)).doesNotContain("\"status\":\"exit");
      }
    }
    othersAreServed();
  }
}
