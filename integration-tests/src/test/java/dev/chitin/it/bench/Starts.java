package dev.chitin.it.bench;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.cli.Main;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * From the start of the process to the first answer of {@code /health/live}, with the start-up
 * cache as {@code bin/chitin} makes it, beside the same start without it. The home is not new; all
 * controls are proven before the gateway listens.
 */
final class Starts implements Bench.Measurement {
  private static final int TIMES = 9;

  /** The cache is for archives alone; classes of the bench itself are not among them. */
  private static final String CLASS_PATH =
      Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
          .filter(entry -> entry.endsWith(".jar"))
          .collect(Collectors.joining(File.pathSeparator));

  @Override
  public List<Row> run(Path work) throws Exception {
    Path home = Files.createTempDirectory(work, "start-");
    Path cache = home.resolve("chitin.aot");
    Process training = start(home, "-XX:AOTCacheOutput=" + cache, "quickstart", "--once");
    training.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
    if (training.waitFor() != 0 || !Files.exists(cache)) {
      throw new IOException("no start-up cache was made; see " + home.resolve("log"));
    }
    var cached = new Timings();
    var plain = new Timings();
    for (int i = 0; i < TIMES; i++) {
      cached.paceTimed(() -> live(home, "-XX:AOTCache=" + cache), 1, 0);
      plain.paceTimed(() -> live(home, "-XX:AOTMode=off"), 1, 0);
    }
    return List.of(
        new Row(
            "start to live, all controls proven, p50",
            cached.millis(0.5),
            plain.millis(0.5),
            "ms",
            "the same start without the start-up cache",
            "≤ 1,500 ms",
            String.format(java.util.Locale.ROOT, "best %,.0f ms", cached.millis(1.0 / TIMES))));
  }

  private static Process start(Path home, String option, String... arguments) throws IOException {
    List<String> line = new ArrayList<>();
    line.add(ProcessHandle.current().info().command().orElseThrow());
    line.addAll(
        List.of(
            "-XX:+UseParallelGC",
            "-Xmx1g",
            option,
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xlog:disable",
            "-cp",
            CLASS_PATH,
            Main.class.getName()));
    line.addAll(List.of(arguments));
    line.addAll(List.of("--port", "0"));
    var builder =
        new ProcessBuilder(line)
            .redirectError(ProcessBuilder.Redirect.appendTo(home.resolve("log").toFile()));
    builder.environment().put("CHITIN_HOME", home.resolve("home").toString());
    return builder.start();
  }

  /** Returns nanoseconds until it was live. */
  private static long live(Path home, String option) throws Exception {
    long begun = System.nanoTime();
    Process gateway = start(home, option, "serve", "--json");
    try (HttpClient client = HttpClient.newHttpClient()) {
      BufferedReader out = gateway.inputReader(StandardCharsets.UTF_8);
      String first = out.readLine();
      if (first == null
          || !(StrictJson.parse(first.getBytes(StandardCharsets.UTF_8))
              instanceof JsonValue.Obj(var members))
          || !(members.get("url") instanceof JsonValue.Str(String url))) {
        throw new IOException("the gateway did not start; see " + home.resolve("log"));
      }
      var request = HttpRequest.newBuilder(URI.create(url + "/health/live")).build();
      if (client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() != 200) {
        throw new IOException("the gateway is not live");
      }
      return System.nanoTime() - begun;
    } finally {
      gateway.destroy();
      gateway.waitFor();
    }
  }
}
