package dev.chitin.it.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.Agent;
import dev.chitin.it.GatewayProcess;
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
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;

/** A {@link ScannedGateway} in a process of its own, with the secrets of two tools. */
final class ScannedProcess implements AutoCloseable {
  private final Upstreams upstreams;
  private final Path home;
  private final String plain = fake();
  private final String overTls = fake();
  private final String control = fake();
  private final Process process;
  private final BufferedReader out;
  private final Writer in;
  private final URI url;
  private final String key;

  private ScannedProcess(Upstreams upstreams, Path home, boolean byPassphrase, List<String> options)
      throws Exception {
    this.upstreams = upstreams;
    this.home = home;
    List<String> line = new ArrayList<>();
    if (byPassphrase) {
      String open = "exec \"$@\" " + ScannedGateway.PASSPHRASE_FD + "<" + phrase(home);
      line.addAll(List.of("/bin/sh", "-c", open, "sh"));
    }
    line.addAll(
        List.of(
            ProcessHandle.current().info().command().orElseThrow(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseParallelGC",
            "-Xmx192m",
            "-XX:+DisableAttachMechanism",
            "-Djavax.net.ssl.trustStore=" + upstreams.store(),
            "-Djavax.net.ssl.trustStorePassword=" + Upstreams.PASSWORD));
    line.addAll(options);
    line.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            ScannedGateway.class.getName(),
            home.toString()));
    if (byPassphrase) {
      line.add("passphrase");
    }
    process = new ProcessBuilder(line).redirectError(errors().toFile()).start();
    out = process.inputReader(StandardCharsets.UTF_8);
    in = process.outputWriter(StandardCharsets.UTF_8);
    String first = out.readLine();
    while (first != null && !first.startsWith("http")) {
      first = out.readLine();
    }
    assertThat(first).as(Files.readString(errors())).isNotNull();
    String[] words = first.split(" ", 2);
    Assumptions.assumeTrue(words[1].equals("secret"), "this kernel has no memfd_secret");
    url = URI.create(words[0]);
    GatewayProcess.Result created =
        GatewayProcess.run(
            home, new byte[0], "key", "create", "--name", "it", "--role", "admin", "--json");
    key = GatewayProcess.Json.text(GatewayProcess.Json.object(created.out()), "key");
  }

  /** Starts a gateway that opens its vault with its key file. */
  static ScannedProcess byKeyFile(String... options) throws Exception {
    var upstreams = new Upstreams();
    return started(
        upstreams, GatewayProcess.home(upstreams.configuration()), false, List.of(options));
  }

  /** Starts a gateway that opens its vault with a passphrase; its key file is gone. */
  static ScannedProcess byPassphrase(String phrase) throws Exception {
    var upstreams = new Upstreams();
    Path home = GatewayProcess.home(upstreams.configuration());
    GatewayProcess.Result added =
        GatewayProcess.run(
            home,
            phrase.getBytes(StandardCharsets.US_ASCII),
            "vault",
            "add-passphrase",
            "--new-passphrase-fd",
            "0");
    assertThat(added.exit()).as(added.err()).isZero();
    Files.delete(user(home).resolve("vault.key"));
    Files.writeString(phrase(home), phrase);
    return started(upstreams, home, true, List.of());
  }

  private static ScannedProcess started(
      Upstreams upstreams, Path home, boolean byPassphrase, List<String> options) throws Exception {
    var started = new ScannedProcess(upstreams, home, byPassphrase, options);
    try {
      upstreams.expect(started.plain, started.overTls);
      started.put("plain", started.plain);
      started.put("tls", started.overTls);
      return started;
    } catch (Exception | AssertionError e) {
      started.close();
      throw e;
    }
  }

  /** Obviously fake, and of characters that encodings treat unlike each other. */
  static String fake() {
    byte[] bits = new byte[24];
    new SecureRandom().nextBytes(bits);
    return "+/" + Base64.getUrlEncoder().encodeToString(bits) + "~fake";
  }

  private static Path user(Path home) {
    return home.resolveSibling("user");
  }

  private static Path phrase(Path home) {
    return user(home).resolve("phrase");
  }

  Path home() {
    return home;
  }

  /** A file beside the home. */
  Path beside(String name) {
    return home.resolveSibling(name);
  }

  Path errors() {
    return beside("stderr.log");
  }

  long pid() {
    return process.pid();
  }

  String plain() {
    return plain;
  }

  String overTls() {
    return overTls;
  }

  String control() {
    return control;
  }

  /** The bytes of the log's key file. */
  byte[] logKey() throws IOException {
    return Files.readAllBytes(GatewayProcess.logKey(home, ".key"));
  }

  /** The bytes of the key file {@code name}. */
  byte[] keyFile(String name) throws IOException {
    return Files.readAllBytes(user(home).resolve(name));
  }

  private void put(String name, String secret) throws Exception {
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
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

  /** So many calls of each tool, all of which reach their server with the secret. */
  void call(int count) throws Exception {
    int before = upstreams.received();
    try (Agent agent = new Agent(url, key);
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Callable<Void>> calls = new ArrayList<>();
      for (int i = 0; i < 2 * count; i++) {
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
    assertThat(upstreams.received() - before).isEqualTo(2 * count);
  }

  /** Has the gateway do it; answers how often its garbage collector has run. */
  long tell(String line) throws IOException {
    in.write(line + "\n");
    in.flush();
    String answer = out.readLine();
    assertThat(answer).as("%s: %s", line, Files.readString(errors())).startsWith("done ");
    return Long.parseLong(answer.split(" ", 3)[1]);
  }

  /** All of its secret memory, masked with {@link ScannedGateway#MASK}. */
  byte[] secretMemory() throws IOException {
    Path file = beside("arena");
    tell("arena " + file);
    return Files.readAllBytes(file);
  }

  /** Scans the memory of the process while it stands still. */
  MemoryScan.Result snapshot(MemoryScan scan) throws Exception {
    signal("STOP");
    try {
      return scan.process(pid());
    } finally {
      signal("CONT");
    }
  }

  private void signal(String name) throws Exception {
    Process kill =
        new ProcessBuilder("/bin/kill", "-" + name, Long.toString(pid())).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }

  @Override
  public void close() throws IOException {
    in.close();
    process.onExit().join();
    upstreams.close();
    GatewayProcess.removeHome(home);
  }
}
