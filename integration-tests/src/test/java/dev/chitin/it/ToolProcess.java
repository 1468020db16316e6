package dev.chitin.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Processes of tools, as the machine shows them: who is not their parent gets no signal of them.
 */
public final class ToolProcess {
  private ToolProcess() {}

  /** How long a {@code sleep} sleeps that no other test has: {@code seconds} and a fraction. */
  public static String ownSeconds(int seconds) {
    return seconds + "." + (System.nanoTime() % 1_000_000_000);
  }

  /**
   * Waits until the tool itself sleeps that long; what holds it back until it is cleared has
   * another command line.
   */
  public static void awaitSleep(String seconds) throws Exception {
    Await.until(
        "a process that sleeps " + seconds,
        () -> anyProcess(line -> line.size() == 2 && isSleep(line, seconds)));
  }

  private static boolean isSleep(List<String> line, String seconds) {
    return line.getFirst().endsWith("sleep") && line.getLast().equals(seconds);
  }

  /** Waits until no process at all has that argument. */
  public static void awaitEnd(String argument) throws Exception {
    Await.until("no process with " + argument, () -> !anyProcess(line -> line.contains(argument)));
  }

  private static boolean anyProcess(Predicate<List<String>> holds) throws IOException {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes
          .filter(path -> path.getFileName().toString().chars().allMatch(Character::isDigit))
          .anyMatch(path -> holds.test(commandLine(path)));
    }
  }

  private static List<String> commandLine(Path process) {
    try {
      byte[] line = Files.readAllBytes(process.resolve("cmdline"));
      return List.of(new String(line, StandardCharsets.UTF_8).split("\0"));
    } catch (IOException gone) {
      // A process that ends while it is read has no file any more, or answers ESRCH.
      return List.of();
    }
  }
}
