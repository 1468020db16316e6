package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.sandbox.bwrap.SandboxSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A gateway as a user runs it: {@code bin/chitin serve} in a process of its own, on a free port of
 * loopback, with a home of its own. Stopped and killed by its handle.
 */
public final class GatewayProcess implements AutoCloseable {
  /** Names the variable that holds options of the JVM. */
  static final String JAVA_OPTIONS = "CHITIN_JAVA_OPTIONS";

  /** The repository. */
  static final Path ROOT = Path.of(System.getProperty("chitin.root")).toAbsolutePath();

  static {
    makeStartCache();
  }

  private final Path base;
  private final Process process;
  private final URI url;

  private GatewayProcess(Path base, Process process, URI url) {
    this.base = base;
    this.process = process;
    this.url = url;
  }

  /** Makes the start-up cache of these jars, so that gateways start here as they do for a user. */
  private static void makeStartCache() {
    Path lib = ROOT.resolve("lib");
    Path cache = lib.resolve("chitin.aot");
    try {
      if (Files.exists(cache) && isOlderThanAJar(cache, lib)) {
        Files.delete(cache);
      }
      Path home = Files.createTempDirectory("chitin-it-cache-");
      Process made =
          command(home, Map.of("CHITIN_START_CACHE", "1"), "serve", "--help")
              .redirectErrorStream(true)
              .redirectOutput(home.resolve("log").toFile())
              .start();
      if (made.waitFor() != 0) {
        throw new IOException("bin/chitin serve --help: " + Files.readString(home.resolve("log")));
      }
      remove(home);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isOlderThanAJar(Path file, Path directory) throws IOException {
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(directory, "*.jar")) {
      for (Path jar : jars) {
        if (Files.getLastModifiedTime(jar).compareTo(Files.getLastModifiedTime(file)) > 0) {
          return true;
        }
      }
    }
    return false;
  }

  /** A rate that no test reaches, for those that ask as fast as they can. */
  public static final String HIGH_RATE =
      "\"gateway\": { \"rate_limit\": { \"requests_per_minute\": 10000000, \"burst\": 1000000 } }";

  /** For tests that measure: the JVM's compilers as a user has them. */
  static final Map<String, String> COMPILED_AS_SERVED = Map.of(JAVA_OPTIONS, "");

  /** Segments of the smallest size: a gateway for a test writes few entries, and makes no more. */
  private static final String SMALL_SEGMENTS = "\"audit\": { \"segment_bytes\": 1048576 }";

  /**
   * A new home below the system's temporary directory, with a configuration that holds {@code
   * members}.
   */
  public static Path home(String members) throws IOException {
    Path base = Files.createTempDirectory("chitin-it-");
    Path home = Files.createDirectory(base.resolve("home"));
    Files.createDirectory(base.resolve("user"));
    String waive =
        delegated()
            ? ""
            : "\"sandbox\": { \"waive\": [\""
                + String.join("\", \"", SandboxSettings.WAIVABLE)
                + "\"] },";
    Files.writeString(
        home.resolve("chitin.json5"),
        "{ "
            + waive
            + "\"vault\": { \"key_file\": \""
            + base.resolve("user").resolve("vault.key")
            + "\" }"
            + (members.contains("\"audit\"") ? "" : ", " + SMALL_SEGMENTS)
            + (members.isEmpty() ? "" : ", " + members)
            + " }");
    return home;
  }

  /**
   * The key file of {@code home}'s log that ends in {@code ending}, whether there is one or not.
   */
  public static Path logKey(Path home, String ending) throws IOException {
    String name = Files.readString(home.resolve("audit/key-name")).strip();
    return home.resolveSibling("user").resolve("audit-log-keys").resolve(name + ending);
  }

  /** Whether this user was given all the control groups that limit a whole process tree. */
  static boolean delegated() {
    return Files.isWritable(Path.of("/sys/fs/cgroup/chitin"))
        || Stream.of("memory", "pids", "cpu", "cpuacct")
            .map(controller -> Path.of("/sys/fs/cgroup", controller, "chitin"))
            .allMatch(Files::isWritable);
  }

  /** Starts a gateway on {@code home}; returns when it is ready. */
  static GatewayProcess start(Path home, Map<String, String> environment) throws IOException {
    return start(home, environment, 0);
  }

  /** Like {@link #start(Path, Map)}, on a port that the configuration has to know. */
  static GatewayProcess start(Path home, Map<String, String> environment, int port)
      throws IOException {
    Process process =
        command(home, environment, "serve", "--port", Integer.toString(port), "--json")
            .redirectError(home.resolveSibling("stderr.log").toFile())
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String first = out.readLine();
    if (first == null) {
      throw new IOException(
          "the gateway did not start: " + Files.readString(home.resolveSibling("stderr.log")));
    }
    return new GatewayProcess(
        home.resolve("..").normalize(), process, URI.create(Json.text(Json.object(first), "url")));
  }

  public static GatewayProcess start(Path home) throws IOException {
    return start(home, Map.of());
  }

  /** The command line, to be run with a home and an environment of its own. */
  static ProcessBuilder command(Path home, Map<String, String> environment, String... arguments) {
    List<String> line = new ArrayList<>();
    line.add(ROOT.resolve("bin/chitin").toString());
    line.addAll(List.of(arguments));
    var builder = new ProcessBuilder(line).directory(home.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("CHITIN_"));
    builder.environment().put("CHITIN_HOME", home.toString());
    builder.environment().put("CHITIN_SKIP_BUILD", "1");
    // Most live for seconds: the compiler that takes long for what runs long is left out.
    builder.environment().put(JAVA_OPTIONS, "-XX:TieredStopAtLevel=1");
    // No balancer has to hear of a stop.
    builder.environment().put("CHITIN_GATEWAY__DRAIN__DELAY_MS", "0");
    builder
        .environment()
        .put("CHITIN_JAVA", ProcessHandle.current().info().command().orElseThrow());
    builder.environment().putAll(environment);
    return builder;
  }

  /**
   * What a finished command left.
   *
   * @param exit its exit code
   */
  public record Result(int exit, String out, String err) {}

  /** Runs the command line to its end. */
  public static Result run(Path home, byte[] stdin, String... arguments)
      throws IOException, InterruptedException {
    Path err = Files.createTempFile("chitin-it-", ".err");
    Process process = command(home, Map.of(), arguments).redirectError(err.toFile()).start();
    try (var in = process.getOutputStream()) {
      in.write(stdin);
    } catch (IOException closedEarly) {
      // A command that needs no stdin may have ended before it was written; its exit code tells.
      assertThat(closedEarly).hasMessageContaining("pipe");
    }
    String out;
    try (InputStream stream = process.getInputStream()) {
      out = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
    int exit = process.waitFor();
    String errors = Files.readString(err);
    Files.delete(err);
    return new Result(exit, out, errors);
  }

  public Result run(String... arguments) throws IOException, InterruptedException {
    return run(home(), new byte[0], arguments);
  }

  /** A key of that role, asked for over the socket as the command line does. */
  public String key(String name, String role) throws IOException {
    var body = JsonValue.object().put("name", name).put("role", role).put("tenant", "default");
    byte[] bytes = CanonicalJson.bytes(body.build());
    String answer =
        ask(
            "POST /admin/keys HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
                + bytes.length,
            bytes);
    String key = Json.text(Json.object(answer.substring(answer.indexOf("\r\n\r\n"))), "key");
    if (key.isEmpty()) {
      throw new IOException("no key: " + answer);
    }
    return key;
  }

  public URI url() {
    return url;
  }

  /** What the gateway counts under that name, labels included, asked over its socket. */
  public double metric(String name) throws IOException {
    return administration("/metrics")
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  /** The whole answer to a GET of {@code path} over its socket. */
  String administration(String path) throws IOException {
    return ask("GET " + path + " HTTP/1.1", new byte[0]);
  }

  /** The whole answer to a request that begins with {@code head}, over its socket. */
  private String ask(String head, byte[] body) throws IOException {
    var socket = UnixDomainSocketAddress.of(home().resolve("run/admin.sock"));
    try (SocketChannel channel = SocketChannel.open(socket)) {
      var out = Channels.newOutputStream(channel);
      out.write(
          (head + "\r\nHost: localhost\r\nConnection: close\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.write(body);
      byte[] answer = Channels.newInputStream(channel).readAllBytes();
      return new String(answer, StandardCharsets.UTF_8);
    }
  }

  Path home() {
    return base.resolve("home");
  }

  /** The workspace that tools see. */
  Path workspace() {
    return home().resolve("workspace");
  }

  public ProcessHandle handle() {
    return process.toHandle();
  }

  /** What it wrote to stderr so far. */
  public String errors() throws IOException {
    return Files.readString(base.resolve("stderr.log"));
  }

  /** SIGKILL; returns when the process is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Sends a signal, {@code HUP} say. */
  public void signal(String name) throws IOException, InterruptedException {
    int exit =
        new ProcessBuilder("kill", "-s", name, Long.toString(process.pid())).start().waitFor();
    assertThat(exit).as("kill -s %s", name).isZero();
  }

  /** Waits for its end; returns the exit code. */
  public int ended() throws InterruptedException {
    return process.waitFor();
  }

  /** SIGTERM; returns the exit code. */
  public int stop() throws InterruptedException {
    process.destroy();
    return process.waitFor();
  }

  @Override
  public void close() {
    try {
      if (process.isAlive()) {
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
        }
      }
      if (Files.exists(base)) {
        remove(base);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Removes a home that {@link #home} made, and what lies beside it. */
  public static void removeHome(Path home) throws IOException {
    remove(home.resolve("..").normalize());
  }

  /** Removes a tree that a test made. */
  static void remove(Path tree) throws IOException {
    try (Stream<Path> walk = Files.walk(tree)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  /** Reading answers. */
  public static final class Json {
    private Json() {}

    public static JsonValue.Obj object(String text) {
      try {
        return (JsonValue.Obj) StrictJson.parse(text.strip().getBytes(StandardCharsets.UTF_8));
      } catch (JsonSyntaxException e) {
        throw new AssertionError("not JSON: " + text, e);
      }
    }

    public static String text(JsonValue.Obj object, String name) {
      return object.get(name) instanceof JsonValue.Str value ? value.value() : "";
    }

    public static JsonValue.Obj object(JsonValue.Obj object, String name) {
      return object.get(name) instanceof JsonValue.Obj value ? value : JsonValue.Obj.EMPTY;
    }

    static List<JsonValue> items(JsonValue.Obj object, String name) {
      return object.get(name) instanceof JsonValue.Arr value ? value.items() : List.of();
    }

    public static long number(JsonValue.Obj object, String name) {
      return object.get(name) instanceof JsonValue.Int value ? value.value() : -1;
    }
  }
}
