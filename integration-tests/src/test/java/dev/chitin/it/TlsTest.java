package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.gateway.tls.TlsRenewal;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The listener under TLS, with certificates made for the test. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsTest {
  private Path directory;
  private GatewayProcess gateway;
  private String key;
  private SSLContext trusting;

  @BeforeAll
  void start() throws Exception {
    directory = Files.createTempDirectory("chitin-tls-");
    KeyPair keys = Certificates.keys("EC", 256);
    KeyPair next = Certificates.keys("EC", 256);
    X509CertificateHolder first =
        Certificates.certificate(keys, Instant.now().minusSeconds(3_600), Duration.ofDays(2));
    X509CertificateHolder second =
        Certificates.certificate(next, Instant.now().minusSeconds(60), Duration.ofDays(2));
    put(keys, first, "cert.pem", "key.pem");
    put(next, second, "next-cert.pem", "next-key.pem");
    trusting = trusting(first, second);
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"gateway\": { \"tls\": { \"cert\": \""
                    + directory.resolve("cert.pem")
                    + "\", \"key\": \""
                    + directory.resolve("key.pem")
                    + "\" }, \"limits\": { \"connections_per_address\": 100 } }"));
    key = gateway.key("agent", "admin");
  }

  private void put(KeyPair keys, X509CertificateHolder certificate, String cert, String file)
      throws IOException {
    Certificates.write(directory.resolve(cert), certificate, "rw-r--r--");
    Certificates.write(
        directory.resolve(file), new JcaPKCS8Generator(keys.getPrivate(), null), "rw-------");
  }

  @AfterAll
  void stop() throws IOException {
    gateway.close();
    GatewayProcess.remove(directory);
  }

  private static SSLContext trusting(X509CertificateHolder... certificates)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (X509CertificateHolder certificate : certificates) {
      store.setCertificateEntry(
          certificate.getSerialNumber().toString(),
          new JcaX509CertificateConverter().getCertificate(certificate));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  @Test
  void aConnectionCountsBeforeItsHandshake() throws Exception {
    double before = gateway.metric("chitin_connections_refused_total");
    List<HttpWire> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 130; i++) {
        silent.add(HttpWire.open(gateway.url(), "127.0.0.33"));
      }
      Await.until(
          "what is beyond the bound of its address",
          () -> gateway.metric("chitin_connections_refused_total") == before + 30);
      try (Socket next = from("127.0.0.33");
          Socket other = from("127.0.0.34")) {
        assertThatThrownBy(((SSLSocket) next)::startHandshake).isInstanceOf(IOException.class);
        ((SSLSocket) other).startHandshake();
      }
    } finally {
      for (HttpWire one : silent) {
        one.close();
      }
    }
  }

  /** The certificate names {@code localhost}. */
  private URI at(String path) {
    return URI.create("https://localhost:" + gateway.url().getPort() + path);
  }

  private HttpResponse<String> tools(HttpClient http) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(at("/v1/tools"))
            .timeout(Duration.ofMinutes(1))
            .header("authorization", "Bearer " + key)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private Socket from(String address) throws IOException {
    return trusting
        .getSocketFactory()
        .createSocket("localhost", gateway.url().getPort(), InetAddress.ofLiteral(address), 0);
  }

  private SSLSocket socket(String... protocols) throws IOException {
    var socket =
        (SSLSocket) trusting.getSocketFactory().createSocket("localhost", gateway.url().getPort());
    socket.setSoTimeout(30_000);
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    return socket;
  }

  private static BigInteger serial(SSLSocket socket) throws IOException {
    Certificate certificate = socket.getSession().getPeerCertificates()[0];
    return ((X509Certificate) certificate).getSerialNumber();
  }

  @Test
  void bothVersionsOfHttpAreSpokenAndTheClientChooses() throws Exception {
    for (HttpClient.Version version : HttpClient.Version.values()) {
      if (version != HttpClient.Version.HTTP_1_1 && version != HttpClient.Version.HTTP_2) {
        continue;
      }
      try (var http = HttpClient.newBuilder().sslContext(trusting).version(version).build()) {
        HttpResponse<String> answer = tools(http);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.version()).isEqualTo(version);
        assertThat(answer.body()).contains("fs_read");
      }
    }
  }

  @Test
  void aCallRunsOverHttp2AndARefusalLeavesTheConnectionUp() throws Exception {
    try (var http =
        HttpClient.newBuilder().sslContext(trusting).version(HttpClient.Version.HTTP_2).build()) {
      HttpRequest.Builder call =
          HttpRequest.newBuilder(at("/v1/tools/process_run/calls"))
              .timeout(Duration.ofMinutes(1))
              .header("authorization", "Bearer " + key)
              .header("content-type", "application/json");
      HttpResponse<String> ran =
          http.send(
              call.copy()
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          Agent.body(Agent.argv("echo", "over http2"))))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(ran.statusCode()).as(ran.body()).isEqualTo(200);
      assertThat(ran.body()).contains("over http2");
      HttpResponse<String> refused =
          http.send(
              call.copy().POST(HttpRequest.BodyPublishers.ofByteArray(new byte[2 << 20])).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(413);
      assertThat(tools(http).statusCode()).isEqualTo(200);
    }
  }

  /** What proxies say to a server behind them, and what they ask for its health with. */
  @Test
  void theOldVersionOfHttpIsAnsweredAsInClear() throws Exception {
    try (var socket = socket()) {
      socket
          .getOutputStream()
          .write(
              ("GET /health/live HTTP/1.0\r\nHost: localhost:"
                      + gateway.url().getPort()
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.0 200")
          .contains("\"live\"");
    }
  }

  @Test
  void anotherNameThatLeadsHereIsRefused() throws Exception {
    try (var socket = socket()) {
      socket
          .getOutputStream()
          .write(
              "GET /health/live HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 403");
    }
  }

  @Test
  void oldVersionsAndSuitesWithoutForwardSecrecyAreNotSpoken() throws Exception {
    try (var socket = socket("TLSv1.2")) {
      socket.startHandshake();
      assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
      assertThat(socket.getSession().getCipherSuite()).contains("_ECDHE_").contains("_GCM_");
    }
    for (String suite :
        new String[] {
          "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
        }) {
      try (var socket = socket("TLSv1.2")) {
        socket.setEnabledCipherSuites(new String[] {suite});
        assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLHandshakeException.class);
      }
    }
  }

  @Test
  void clearTextOnTheTlsPortIsNotAnswered() throws Exception {
    String answer =
        Raw.exchange(gateway.url(), "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertThat(answer).doesNotContain("HTTP/1.1 200");
  }

  @Test
  void anotherCertificateIsUsedForNewConnectionsAndOpenOnesStay() throws Exception {
    try (var before = socket()) {
      before.startHandshake();
      BigInteger old = serial(before);
      replace("cert.pem", "next-key.pem");
      awaitFailure();
      try (var unchanged = socket()) {
        unchanged.startHandshake();
        assertThat(serial(unchanged)).as("a pair that does not fit is not used").isEqualTo(old);
      }
      move("next-cert.pem", "cert.pem");
      awaitSerialOtherThan(old);
      before
          .getOutputStream()
          .write(
              ("GET /health/live HTTP/1.1\r\nHost: localhost:"
                      + gateway.url().getPort()
                      + "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(before.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 200");
    }
  }

  /** The key first: for a moment the two files do not fit. */
  private void replace(String kept, String nextKey) throws IOException {
    assertThat(directory.resolve(kept)).exists();
    move(nextKey, "key.pem");
  }

  private void move(String from, String to) throws IOException {
    Files.move(directory.resolve(from), directory.resolve(to), StandardCopyOption.ATOMIC_MOVE);
  }

  private void awaitFailure() throws Exception {
    try (var http = HttpClient.newBuilder().sslContext(trusting).build()) {
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20 * TlsRenewal.PERIOD_MILLIS);
      String metrics = "";
      while (!metrics.contains("chitin_tls_renewal_failures_total 1.0")) {
        assertThat(System.nanoTime() - end).as(metrics).isNegative();
        metrics =
            http.send(
                    HttpRequest.newBuilder(at("/metrics"))
                        .header("authorization", "Bearer " + key)
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .body();
      }
    }
  }

  private void awaitSerialOtherThan(BigInteger old) throws IOException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20 * TlsRenewal.PERIOD_MILLIS);
    BigInteger now = old;
    while (now.equals(old)) {
      assertThat(System.nanoTime() - end).as("time to use the new certificate").isNegative();
      try (var socket = socket()) {
        socket.startHandshake();
        now = serial(socket);
      }
    }
  }

  @Test
  void aListenerThatOthersReachWithoutTlsIsRefused() throws Exception {
    Path home = GatewayProcess.home("\"gateway\": { \"host\": \"0.0.0.0\" }");
    GatewayProcess.Result refused = GatewayProcess.run(home, new byte[0], "serve", "--port", "0");
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.err()).contains("in clear").contains("gateway.tls");
    GatewayProcess.removeHome(home);
  }

  /** A probe or a client whose address begins with http instead of https. */
  @Test
  void aRequestInClearIsToldToUseTls() throws Exception {
    String large = "POST /v1/x HTTP/1.1\r\nHost: localhost\r\n\r\n" + "x".repeat(20_000);
    for (String request : List.of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", large)) {
      assertThat(Raw.exchange(gateway.url(), request))
          .startsWith("HTTP/1.1 400 Bad Request\r\n")
          .contains("This port speaks TLS");
    }
    try (var http = HttpClient.newBuilder().sslContext(trusting).build()) {
      assertThat(tools(http).statusCode()).isEqualTo(200);
    }
  }
}
