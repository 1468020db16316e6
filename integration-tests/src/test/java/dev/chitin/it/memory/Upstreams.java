package dev.chitin.it.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** Two servers, one of them over TLS, that count the requests that carry the right secret. */
final class Upstreams implements AutoCloseable {
  static final String PASSWORD = "changeit";

  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger received = new AtomicInteger();
  private final Path store;
  private final HttpServer http;
  private final HttpServer https;
  private volatile String plain = "";
  private volatile String overTls = "";

  Upstreams() throws Exception {
    store = Files.createTempDirectory("chitin-tls-").resolve("store.p12");
    makeCertificate(store);
    http = serve(new HttpServerOptions());
    https =
        serve(
            new HttpServerOptions()
                .setSsl(true)
                .setKeyCertOptions(
                    new PfxOptions().setPath(store.toString()).setPassword(PASSWORD)));
  }

  private static void makeCertificate(Path store) throws Exception {
    Process tool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "it",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String said = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(tool.waitFor()).as(said).isZero();
  }

  private HttpServer serve(HttpServerOptions options) {
    return vertx
        .createHttpServer(options)
        .requestHandler(
            request -> {
              String expected = options.isSsl() ? overTls : plain;
              if (("Bearer " + expected).equals(request.getHeader("authorization"))) {
                received.incrementAndGet();
              }
              request.response().end("{\"ok\":true}");
            })
        .listen(0, "127.0.0.1")
        .await();
  }

  /** What the two tools have to carry from now on. */
  void expect(String plainSecret, String secretOverTls) {
    plain = plainSecret;
    overTls = secretOverTls;
  }

  int received() {
    return received.get();
  }

  /** Trusted by whoever talks to the server over TLS. */
  Path store() {
    return store;
  }

  /** The members of a configuration with the tools {@code plain} and {@code tls}. */
  String configuration() {
    return "\"egress\": { \"allow_private\": [\"127.0.0.1:"
        + http.actualPort()
        + "\", \"127.0.0.1:"
        + https.actualPort()
        + "\"] }, \"gateway\": { \"rate_limit\": { \"requests_per_minute\": 6000, \"burst\": 1000 }"
        + " }, \"tools\": ["
        + tool("plain", "http", http.actualPort())
        + ", "
        + tool("tls", "https", https.actualPort())
        + "]";
  }

  private static String tool(String name, String scheme, int port) {
    String at = "127.0.0.1:" + port;
    return "{ \"name\": \""
        + name
        + "\", \"description\": \"Asks.\", \"capabilities\": { \"NetworkAccess\": { \"hosts\": [\""
        + at
        + "\"] } }, \"input\": { \"type\": \"object\" }, \"run\": { \"http\": { \"method\":"
        + " \"GET\", \"url\": \""
        + scheme
        + "://"
        + at
        + "/\" } }, \"credentials\": [{ \"name\": \""
        + name
        + "\", \"scheme\": \""
        + scheme
        + "\", \"host\": \"127.0.0.1\", \"port\": "
        + port
        + ", \"header\": \"authorization\", \"format\": \"bearer\" }] }";
  }

  @Override
  public void close() throws IOException {
    vertx.close().await();
    Files.delete(store);
    Files.delete(store.resolve("..").normalize());
  }
}
