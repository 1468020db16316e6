package dev.chitin.it.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.Agent;
import dev.chitin.it.GatewayProcess;
import dev.chitin.vault.store.Slot;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A gateway that worked with secrets under the garbage collector's load holds no copy of them and
 * none of its keys, nor does what can be dumped of it. In each run a control is planted that has to
 * be found.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecretCopiesTest {
  private static final int CALLS = 500;
  private static final String PASSWORD = "changeit";

  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger received = new AtomicInteger();
  private final String plain = secret();
  private final String overTls = secret();
  private final String control = secret();
  private Path home = Path.of("");
  private Process process;
  private BufferedReader out;
  private Writer in;

  /** Obviously fake, and of characters that encodings treat unlike each other. */
  private static String secret() {
    byte[] bits = new byte[24];
    new SecureRandom().nextBytes(bits);
    return "+/" + java.util.Base64.getUrlEncoder().encodeToString(bits) + "~fake";
  }

  @BeforeAll
  void start() throws Exception {
    Path store = Files.createTempDirectory("chitin-tls-").resolve("store.p12");
    keytool(store);
    HttpServer http = serve(new HttpServerOptions(), plain);
    HttpServer https =
        serve(
            new HttpServerOptions()
                .setSsl(true)
                .setKeyCertOptions(
                    new PfxOptions().setPath(store.toString()).setPassword(PASSWORD)),
            overTls);
    home = GatewayProcess.home(configuration(http.actualPort(), https.actualPort()));
    process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-Xmx192m",
                "-XX:+DisableAttachMechanism",
                "-Djavax.net.ssl.trustStore=" + store,
                "-Djavax.net.ssl.trustStorePassword=" + PASSWORD,
                "-cp",
                System.getProperty("java.class.path"),
                ScannedGateway.class.getName(),
                home.toString())
            .redirectError(home.resolveSibling("stderr.log").toFile())
            .start();
    out = process.inputReader(StandardCharsets.UTF_8);
    in = process.outputWriter(StandardCharsets.UTF_8);
    String first = out.readLine();
    while (first != null && !first.startsWith("http")) {
      first = out.readLine();
    }
    assertThat(first).as(Files.readString(home.resolveSibling("stderr.log"))).isNotNull();
    String[] words = first.split(" ", 2);
    Assumptions.assumeTrue(words[1].equals("secret"), "this kernel has no memfd_secret");
    String key = key();
    URI url = URI.create(words[0]);
    put(url, key, "plain", plain);
    put(url, key, "tls", overTls);
    call(url, key);
    tell("plant " + control);
  }

  private static void keytool(Path store) throws Exception {
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

  /** A server that counts the requests that carry {@code expected}. */
  private HttpServer serve(HttpServerOptions options, String expected) {
    return vertx
        .createHttpServer(options)
        .requestHandler(
            request -> {
              if (("Bearer " + expected).equals(request.getHeader("authorization"))) {
                received.incrementAndGet();
              }
              request.response().end("{\"ok\":true}");
            })
        .listen(0, "127.0.0.1")
        .await();
  }

  private static String configuration(int http, int https) {
    return "\"egress\": { \"allow_private\": [\"127.0.0.1:"
        + http
        + "\", \"127.0.0.1:"
        + https
        + "\"] }, \"gateway\": { \"rate_limit\": { \"requests_per_minute\": 6000, \"burst\": 1000 }"
        + " }, \"tools\": ["
        + tool("plain", "http", http)
        + ", "
        + tool("tls", "https", https)
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

  private String key() throws Exception {
    GatewayProcess.Result created =
        GatewayProcess.run(
            home, new byte[0], "key", "create", "--name", "it", "--role", "admin", "--json");
    return GatewayProcess.Json.text(GatewayProcess.Json.object(created.out()), "key");
  }

  private static void put(URI url, String key, String name, String secret) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> stored =
          client.send(
              HttpRequest.newBuilder(url.resolve("/v1/secrets/" + name))
                  .header("authorization", "Bearer " + key)
                  .header("content-type", "application/octet-stream")
                  .PUT(HttpRequest.BodyPublishers.ofString(secret))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(stored.statusCode()).as(stored.body()).isEqualTo(201);
    }
  }

  private void call(URI url, String key) throws Exception {
    try (Agent agent = new Agent(url, key);
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Callable<Void>> calls = new ArrayList<>();
      for (int i = 0; i < 2 * CALLS; i++) {
        String tool = i % 2 == 0 ? "plain" : "tls";
        calls.add(
            () -> {
              Agent.Answer answer =
                  agent.post("/v1/tools/" + tool + "/calls", "{\"arguments\":{}}");
              assertThat(answer.status()).as(answer.text()).isEqualTo(200);
              return null;
            });
      }
      for (Future<Void> each : threads.invokeAll(calls)) {
        each.get();
      }
    }
    assertThat(received).hasValue(2 * CALLS);
  }

  private void tell(String line) throws IOException {
    in.write(line + "\n");
    in.flush();
    assertThat(out.readLine()).startsWith("done");
  }

  @AfterAll
  void stop() throws Exception {
    if (process != null) {
      in.close();
      process.waitFor();
    }
    vertx.close().await();
    if (!home.toString().isEmpty()) {
      GatewayProcess.removeHome(home);
    }
  }

  private MemoryScan scan() throws Exception {
    var scan = new MemoryScan();
    scan.addSecret("secret", plain);
    scan.addSecret("secret over TLS", overTls);
    scan.addSecret("control", control);
    byte[] keyFile = Files.readAllBytes(home.resolveSibling("user").resolve("vault.key"));
    scan.addBytes("key file", keyFile);
    VaultKeys.of(home.resolve("vault"), Slot.Method.KEY_FILE, keyFile).forEach(scan::addBytes);
    Path arena = home.resolveSibling("arena");
    tell("arena " + arena);
    keys(scan, Files.readAllBytes(arena));
    return scan;
  }

  /** All that lies in secret memory and looks random: keys, and whatever else is live there. */
  private static void keys(MemoryScan scan, byte[] masked) {
    int before = scan.size();
    for (int at = 0; at + 16 <= masked.length; at++) {
      byte[] window = Arrays.copyOfRange(masked, at, at + 16);
      for (int i = 0; i < window.length; i++) {
        window[i] ^= ScannedGateway.MASK;
      }
      // A key begins where a slot begins; the keyring's own after 4 and 48 bytes.
      boolean begins = at % 256 == 0 || at % 256 == 4 || at % 256 == 48;
      if (begins
          && new String(window, StandardCharsets.ISO_8859_1).chars().distinct().count() > 11) {
        scan.addBytes("key at " + at, window);
      }
    }
    assertThat(scan.size() - before).as("keys in secret memory").isGreaterThanOrEqualTo(3);
  }

  private static void assertNone(MemoryScan.Result result) {
    assertThat(result.of("control")).as("the control, in %s", result).isPositive();
    assertThat(result.found().keySet()).allMatch(name -> name.startsWith("control"));
  }

  @Test
  void theMemoryOfTheProcessHoldsNoCopy() throws Exception {
    MemoryScan.Result result = scan().process(process.pid());
    assertNone(result);
    assertThat(result.bytes()).isGreaterThan(50L << 20);
    assertThat(result.unreadable()).anyMatch(line -> line.contains("secretmem"));
  }

  @Test
  void aHeapDumpHoldsNoCopy() throws Exception {
    Path file = home.resolveSibling("heap.hprof");
    tell("heap " + file);
    assertNone(scan().file(file));
  }

  @Test
  void aCoreFileHoldsNoCopy() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcore")), "gdb is not installed");
    Path prefix = home.resolveSibling("core");
    Process gcore =
        new ProcessBuilder("/usr/bin/gcore", "-o", prefix.toString(), "" + process.pid())
            .redirectErrorStream(true)
            .start();
    String said = new String(gcore.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Path core = Path.of(prefix + "." + process.pid());
    Assumptions.assumeTrue(Files.exists(core), "gcore may not attach here: " + said);
    gcore.waitFor();
    assertNone(scan().file(core));
  }

  @Test
  void whatTheProcessShowsOfItselfHoldsNoCopy() throws Exception {
    MemoryScan scan = scan();
    List<Path> shown = new ArrayList<>();
    for (String name : List.of("environ", "cmdline", "maps", "status")) {
      Path copy = home.resolveSibling(name);
      Files.write(copy, Files.readAllBytes(Path.of("/proc/" + process.pid(), name)));
      shown.add(copy);
    }
    try (Stream<Path> files = Files.walk(home)) {
      files.filter(Files::isRegularFile).forEach(shown::add);
    }
    shown.add(home.resolveSibling("stderr.log"));
    for (Path file : shown) {
      assertThat(scan.file(file).found().keySet())
          .as(file.toString())
          .allMatch(name -> name.startsWith("control"));
    }
  }
}
