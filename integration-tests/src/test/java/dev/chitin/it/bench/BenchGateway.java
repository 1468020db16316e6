package dev.chitin.it.bench;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.cli.Main;
import dev.chitin.sandbox.bwrap.SandboxSettings;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The gateway as it is measured: every control on, one key, one echo tool. */
final class BenchGateway implements AutoCloseable {
  private static final String ECHO =
      """
      "tools": [{
        "name": "echo", "description": "Gives its arguments back.",
        "input": { "type": "object",
          "properties": { "text": { "type": "string", "maxLength": 1000 }, "count": { "type": "integer" } },
          "required": ["text"], "additionalProperties": false },
        "run": { "verticle": { "address": "chitin.tool.echo" } }
      }]""";

  private final Child child;
  private final String key;
  private final int port;

  private BenchGateway(Child child, String key, int port) {
    this.child = child;
    this.key = key;
    this.port = port;
  }

  static BenchGateway start(Path work) throws Exception {
    return start(work, Map.of());
  }

  /** The same with more in its environment. */
  static BenchGateway start(Path work, Map<String, String> more) throws Exception {
    return start(work, more, "", "", "");
  }

  /**
   * The same with more in its configuration.
   *
   * @param edge further members of {@code gateway}, each with its comma behind
   * @param members further members of the whole, likewise
   * @param sandbox further members of {@code sandbox}, likewise
   */
  static BenchGateway start(
      Path work, Map<String, String> more, String edge, String members, String sandbox)
      throws Exception {
    Path home = Files.createTempDirectory(work, "home-");
    boolean delegated =
        Files.isWritable(Path.of("/sys/fs/cgroup/chitin"))
            || Stream.of("memory", "pids", "cpu", "cpuacct")
                .map(controller -> Path.of("/sys/fs/cgroup", controller, "chitin"))
                .allMatch(Files::isWritable);
    Files.writeString(
        home.resolve("chitin.json5"),
        "{ "
            + members
            + "\"gateway\": { "
            + edge
            + "\"limits\": { \"calls_per_principal\": 1024, \"connections\": 20000, \"connections_per_address\": 4096,"
            + " \"event_streams\": 16384, \"event_streams_per_principal\": 16384, \"event_streams_per_call\":"
            + " 1024, \"call_timeout_ms\": 1800000 }, \"rate_limit\": {"
            + " \"requests_per_minute\": 10000000, \"burst\": 1000000 } }, \"vault\": { \"key_file\": \""
            + work.resolve("bench-" + home.getFileName() + ".key")
            + "\" }, "
            + "\"sandbox\": { "
            + sandbox
            + (delegated
                ? ""
                : "\"waive\": [\"" + String.join("\", \"", SandboxSettings.WAIVABLE) + "\"]")
            + " }, "
            + ECHO
            + " }");
    Map<String, String> environment = new HashMap<>(more);
    environment.put("CHITIN_HOME", home.toString());
    Child child =
        Child.start(
            work.resolve("gateway.log"), environment, Main.class, "serve", "--port", "0", "--json");
    int port = URI.create(text(child.firstLine(), "url")).getPort();
    return new BenchGateway(child, createKey(environment), port);
  }

  private static String createKey(Map<String, String> environment)
      throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "key",
                "create",
                "--name",
                "bench",
                "--json"));
    builder.environment().putAll(environment);
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String out;
    try (InputStream stream = process.getInputStream()) {
      out = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
    process.waitFor();
    return text(out, "key");
  }

  private static String text(String json, String name) {
    try {
      JsonValue.Obj object =
          (JsonValue.Obj) StrictJson.parse(json.strip().getBytes(StandardCharsets.UTF_8));
      return object.get(name) instanceof JsonValue.Str value ? value.value() : "";
    } catch (dev.chitin.bus.json.JsonSyntaxException e) {
      throw new IllegalStateException("not JSON: " + json, e);
    }
  }

  /** The gateway's only key. */
  String key() {
    return key;
  }

  int port() {
    return port;
  }

  Child process() {
    return child;
  }

  /** A call of {@code tool} with those arguments, written as JSON. */
  HttpLoad.Shot call(String tool, String arguments) {
    return new HttpLoad.Shot(
        port,
        "/v1/tools/" + tool + "/calls",
        Map.of("authorization", "Bearer " + key, "content-type", "application/json"),
        "{\"arguments\":" + arguments + "}");
  }

  @Override
  public void close() {
    child.close();
  }
}
