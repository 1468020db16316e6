package dev.chitin.it.attack;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.cli.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The real gateway in a process of its own, started the way that tempts fate: with a secret in its
 * environment, and with descriptor 9 open on the flag file and not closed on exec.
 */
final class AttackGateway implements AutoCloseable {
  /** Name of a variable in the gateway's environment that no tool may see. */
  static final String SECRET_NAME = "FOO_SECRET";

  /** As requests are read, but for output, which may be longer than any argument. */
  private static final JsonLimits ANSWERS = new JsonLimits(64, 100_000, 8 << 20, 256, 10_000);

  private static final int MOST_SHOWN = 500;
  private static final long PATIENCE_SECONDS = 30;

  private static final String OPEN_FLAG = "exec 9<\"$0\"; exec \"$@\"";

  private final Path home;
  private final Process process;
  private final URI url;
  private final String key;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private AttackGateway(Path home, Process process, URI url, String key) {
    this.home = home;
    this.process = process;
    this.url = url;
    this.key = key;
  }

  /**
   * An answer.
   *
   * @param body the bytes as they came
   */
  record Answer(int status, Bytes body) {
    JsonValue.Obj json() {
      return AttackGateway.json(new String(body.borrow(), StandardCharsets.UTF_8));
    }

    String text() {
      return new String(body.borrow(), StandardCharsets.UTF_8);
    }
  }

  /** It did not come to listen. */
  static final class DidNotStart extends IOException {
    private static final long serialVersionUID = 1;
    private final int exit;

    DidNotStart(int exit, String said) {
      super(said);
      this.exit = exit;
    }

    int exit() {
      return exit;
    }
  }

  /**
   * Starts it on the configuration in {@code home}.
   *
   * @param flag what descriptor 9 is open on
   * @param secret value of {@value #SECRET_NAME}
   * @param around a command line that starts it, or none
   * @throws DidNotStart when it refuses
   */
  static AttackGateway start(Path home, Path flag, String secret, List<String> around)
      throws IOException, InterruptedException {
    Path errors = home.resolveSibling(home.getFileName() + ".log");
    var line = new ArrayList<String>(List.of("dash", "-c", OPEN_FLAG, flag.toString()));
    line.addAll(around);
    line.addAll(java("serve", "--port", "0", "--json"));
    ProcessBuilder builder = builder(home, line).redirectError(errors.toFile());
    builder.environment().put(SECRET_NAME, secret);
    Process process = builder.start();
    // Reading ends with the process; what it started is killed with it.
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String first = out.readLine();
    // What refuses with --json says why on stdout, as a problem.
    String url = first == null ? "" : text(json(first), "url");
    if (url.isEmpty()) {
      throw new DidNotStart(process.waitFor(), first + "\n" + Files.readString(errors));
    }
    return new AttackGateway(home, process, URI.create(url), createKey(home, List.of()));
  }

  private static ProcessBuilder builder(Path home, List<String> line) {
    var builder = new ProcessBuilder(line).directory(home.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("CHITIN_"));
    builder.environment().put("CHITIN_HOME", home.toString());
    return builder;
  }

  private static List<String> java(String... arguments) {
    var line =
        new ArrayList<String>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseParallelGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    line.addAll(List.of(arguments));
    return line;
  }

  private static String createKey(Path home, List<String> options)
      throws IOException, InterruptedException {
    var arguments = new ArrayList<String>(List.of("key", "create", "--name", "attack", "--json"));
    arguments.addAll(options);
    Process process =
        builder(home, java(arguments.toArray(String[]::new)))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out;
    try (InputStream stream = process.getInputStream()) {
      out = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
    process.waitFor();
    return text(json(out), "key");
  }

  /** One more key, made with {@code options}. */
  String key(String... options) throws IOException, InterruptedException {
    return createKey(home, List.of(options));
  }

  /** Calls a tool; blocks until it has ended. */
  Answer call(String tool, JsonValue.Obj arguments) throws IOException, InterruptedException {
    return callWith(key, tool, arguments);
  }

  /** Like {@link #call}, with another key. */
  Answer callWith(String other, String tool, JsonValue.Obj arguments)
      throws IOException, InterruptedException {
    String body = CanonicalJson.string(JsonValue.object().put("arguments", arguments).build());
    return post(other, tool, body.getBytes(StandardCharsets.UTF_8));
  }

  /** Like {@link #call}, with a body as it is. */
  Answer post(String tool, byte[] body) throws IOException, InterruptedException {
    return post(key, tool, body);
  }

  private Answer post(String bearer, String tool, byte[] body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(url.resolve("/v1/tools/" + tool + "/calls"))
            .timeout(Duration.ofMinutes(2))
            .header("authorization", "Bearer " + bearer)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    return new Answer(response.statusCode(), Bytes.adopt(response.body()));
  }

  /** The value of a metric, read with the key of an auditor. */
  long metric(String auditor, String name) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(url.resolve("/metrics"))
            .timeout(Duration.ofMinutes(2))
            .header("authorization", "Bearer " + auditor)
            .build();
    String body = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    Matcher value = Pattern.compile("(?m)^" + Pattern.quote(name) + " ([0-9.E]+)$").matcher(body);
    if (!value.find()) {
      throw new IOException("no " + name + " in " + body);
    }
    return (long) Double.parseDouble(value.group(1));
  }

  Health health() {
    return new Health(http, url);
  }

  Path home() {
    return home;
  }

  long pid() {
    return process.pid();
  }

  /** SIGKILL; returns when it is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    http.shutdownNow();
    process.destroy();
    process.onExit().completeOnTimeout(process, PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    if (process.isAlive()) {
      process.destroyForcibly().onExit().join();
    }
  }

  static JsonValue.Obj json(String text) {
    try {
      return (JsonValue.Obj)
          StrictJson.parse(text.strip().getBytes(StandardCharsets.UTF_8), ANSWERS);
    } catch (JsonSyntaxException e) {
      throw new IllegalStateException(
          "not JSON: " + text.substring(0, Math.min(text.length(), MOST_SHOWN)), e);
    }
  }

  static String text(JsonValue.@Nullable Obj object, String name) {
    return object != null && object.get(name) instanceof JsonValue.Str value ? value.value() : "";
  }
}
