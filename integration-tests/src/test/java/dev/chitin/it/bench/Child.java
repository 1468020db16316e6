package dev.chitin.it.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A JVM of its own for one side of a comparison, so that its CPU time can be told apart. */
final class Child implements AutoCloseable {
  private final Process process;
  private final String firstLine;

  private Child(Process process, String firstLine) {
    this.process = process;
    this.firstLine = firstLine;
  }

  /** Starts {@code main} and waits for its first line. */
  static Child start(Path log, Map<String, String> environment, Class<?> main, String... arguments)
      throws IOException {
    List<String> line = new ArrayList<>();
    line.add(ProcessHandle.current().info().command().orElseThrow());
    line.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:-DontCompileHugeMethods", // As in bin/chitin.
            "-Xmx1g",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    line.addAll(List.of(arguments));
    var builder = new ProcessBuilder(line).redirectError(log.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String first = out.readLine();
    if (first == null) {
      throw new IOException(main.getSimpleName() + " did not start; see " + log);
    }
    return new Child(process, first);
  }

  String firstLine() {
    return firstLine;
  }

  /** User and system time that it took so far. */
  Duration cpu() {
    return process.toHandle().info().totalCpuDuration().orElseThrow();
  }

  /** User and system time of its threads by what they do, so far. */
  StationTimes stations() throws IOException {
    return StationTimes.of(process.pid());
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
