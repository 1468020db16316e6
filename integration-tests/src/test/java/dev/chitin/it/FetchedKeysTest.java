package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Keys that are fetched over https, from a server of the test. */
class FetchedKeysTest {
  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger fetched = new AtomicInteger();
  private final Path directory;
  private volatile Tokens tokens;
  private HttpServer server;

  FetchedKeysTest() throws Exception {
    directory = Files.createTempDirectory("chitin-fetched-");
    tokens = new Tokens("first");
  }

  @BeforeEach
  void serve() throws Exception {
    KeyPair keys = Certificates.keys("EC", 256);
    X509CertificateHolder certificate =
        Certificates.certificate(keys, Instant.now().minusSeconds(60), Duration.ofDays(1));
    Path cert = Certificates.write(directory.resolve("cert.pem"), certificate, "rw-r--r--");
    Path key =
        Certificates.write(
            directory.resolve("key.pem"),
            new JcaPKCS8Generator(keys.getPrivate(), null),
            "rw-------");
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(cert.toString())
                            .setKeyPath(key.toString())))
            .requestHandler(this::answer)
            .listen(0, "127.0.0.1")
            .await();
  }

  private void answer(HttpServerRequest request) {
    fetched.incrementAndGet();
    switch (request.path()) {
      case "/keys" -> request.response().end(Buffer.buffer(tokens.set()));
      case "/large" -> request.response().end(Buffer.buffer(new byte[300 * 1024]));
      case "/moved" -> request.response().setStatusCode(302).putHeader("location", "/keys").end();
      case null, default -> request.response().setStatusCode(404).end();
    }
  }

  @AfterEach
  void stop() throws IOException {
    vertx.close().await();
    GatewayProcess.remove(directory);
  }

  private GatewayProcess gateway(String path, boolean trusting) throws IOException {
    String where =
        "\"jwks_url\": \"https://localhost:"
            + server.actualPort()
            + path
            + "\""
            + (trusting ? ", \"jwks_ca\": \"" + directory.resolve("cert.pem") + "\"" : "");
    return GatewayProcess.start(
        GatewayProcess.home("\"auth\": { \"issuers\": [" + Tokens.configuration(where) + "] }"));
  }

  private static Agent.Answer tools(GatewayProcess gateway, String token)
      throws IOException, InterruptedException {
    try (var agent = new Agent(gateway.url(), token)) {
      return agent.get("/v1/tools");
    }
  }

  @Test
  void fetchedKeysServeAndANewOneIsFoundWithItsFirstToken() throws Exception {
    try (GatewayProcess gateway = gateway("/keys", true)) {
      assertThat(tools(gateway, tokens.token(Tokens.claims("a", "1"))).status()).isEqualTo(200);
      assertThat(fetched.get()).isEqualTo(1);
      var next = new Tokens("second");
      tokens = next;
      assertThat(tools(gateway, next.token(Tokens.claims("a", "2"))).status()).isEqualTo(200);
      assertThat(fetched.get()).isEqualTo(2);
      for (int i = 0; i < 20; i++) {
        var unknown = new Tokens("unknown-" + i);
        assertThat(tools(gateway, unknown.token(Tokens.claims("a", "3"))).status()).isEqualTo(401);
      }
      assertThat(fetched.get()).as("one reading in thirty seconds").isEqualTo(2);
    }
  }

  @Test
  void aServerThatNobodyVouchesForARedirectAndALargeAnswerGiveNoKeys() throws Exception {
    String[][] cases = {{"/keys", ""}, {"/moved", "trusting"}, {"/large", "trusting"}};
    for (String[] one : cases) {
      try (GatewayProcess gateway = gateway(one[0], !one[1].isEmpty())) {
        Agent.Answer answer = tools(gateway, tokens.token(Tokens.claims("a", "1")));
        assertThat(answer.status()).as(one[0]).isEqualTo(503);
        assertThat(answer.member("code")).isEqualTo("auth.unavailable");
        assertThat(gateway.errors()).contains("cannot be read").doesNotContain("Exception");
      }
    }
  }
}
