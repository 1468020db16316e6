package dev.chitin.it.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A JVM of its own for one side of a comparison, so that its CPU time can be told apart. */
final class Child implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;
  private final String firstLine;

  private Child(Process process, BufferedReader out, String firstLine) {
    this.process = process;
    this.out = out;
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
            "-XX:+UseParallelGC",
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
    return new Child(process, out, first);
  }

  String firstLine() {
    return firstLine;
  }

  /** Says a line to it and gives the line that it answers. */
  String ask(String line) throws IOException {
    process.outputWriter(StandardCharsets.UTF_8).append(line).append('\n').flush();
    String answer = out.readLine();
    if (answer == null) {
      throw new IOException("it ended before it answered " + line);
    }
    return answer;
  }

  /** Memory that it holds: what lives on its heap after a collection, and what is resident. */
  record Memory(long heapBytes, long residentBytes) {
    Memory minus(Memory before) {
      return new Memory(heapBytes - before.heapBytes, residentBytes - before.residentBytes);
    }
  }

  /** Has it collect its garbage, and looks at what is left. */
  Memory memory() throws IOException, InterruptedException {
    Process histogram =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()),
                "GC.class_histogram")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    long heap = 0;
    try (BufferedReader lines = histogram.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("Total")) {
          heap = Long.parseLong(line.trim().split(" +", -1)[2]);
        }
      }
    }
    if (histogram.waitFor() != 0 || heap == 0) {
      throw new IOException("jcmd tells nothing of process " + process.pid());
    }
    long resident =
        Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1_024)
            .findFirst()
            .orElseThrow();
    return new Memory(heap, resident);
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
