package dev.chitin.it.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a gateway's CPU time went, by the threads that do each part of a call: whoever waits for a
 * record waits on an event loop, but what is computed for it is computed by the log's own threads.
 *
 * @param micros by station
 */
record StationTimes(Map<String, Double> micros) {
  /** One tick of {@code /proc}, in microseconds: USER_HZ is 100 on Linux. */
  private static final double TICK_MICROS = 10_000;

  /** Threads of the virtual machine that compile and collect. */
  static final String COMPILER = "JIT and collector";

  private static final int USER_TIME = 11;
  private static final int SYSTEM_TIME = 12;

  static StationTimes of(long pid) throws IOException {
    Map<String, Double> micros = new TreeMap<>();
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : (Iterable<Path>) threads::iterator) {
        add(micros, thread);
      }
    }
    return new StationTimes(micros);
  }

  private static void add(Map<String, Double> micros, Path thread) throws IOException {
    try {
      String stat = Files.readString(thread.resolve("stat"));
      int end = stat.lastIndexOf(')');
      String name = stat.substring(stat.indexOf('(') + 1, end);
      List<String> fields = List.of(stat.substring(end + 2).split(" "));
      double ticks =
          Long.parseLong(fields.get(USER_TIME)) + (double) Long.parseLong(fields.get(SYSTEM_TIME));
      micros.merge(station(name), ticks * TICK_MICROS, Double::sum);
    } catch (NoSuchFileException ended) {
      // A thread that ended while they were read did little.
      micros.merge(station(""), 0.0, Double::sum);
    }
  }

  /** Threads keep the first 15 characters of their names. */
  private static String station(String thread) {
    if (thread.startsWith("vert.x-eventloo")) {
      return "event loops: HTTP, key, parse, schema, decision, echo";
    }
    if (thread.startsWith("chitin-audit")) {
      return "audit";
    }
    if (thread.startsWith("chitin-planner")) {
      return "planner";
    }
    if (thread.matches("(C[12] |GC |VM ).*|java|G1 .*")) {
      return COMPILER;
    }
    return "other";
  }

  StationTimes minus(StationTimes before) {
    Map<String, Double> difference = new TreeMap<>(micros);
    before.micros.forEach((station, spent) -> difference.merge(station, -spent, Double::sum));
    return new StationTimes(difference);
  }

  StationTimes plus(StationTimes other) {
    Map<String, Double> sum = new TreeMap<>(micros);
    other.micros.forEach((station, spent) -> sum.merge(station, spent, Double::sum));
    return new StationTimes(sum);
  }

  /** Microseconds of one station. */
  double spentBy(String station) {
    return micros.getOrDefault(station, 0.0);
  }

  /** Microseconds of one of {@code calls} calls by station. */
  String perCall(long calls) {
    return micros.entrySet().stream()
        .map(one -> String.format(Locale.ROOT, "%s %.1f", one.getKey(), one.getValue() / calls))
        .collect(Collectors.joining("; "));
  }
}
