package dev.chitin.it.bench;

import dev.chitin.audit.query.EventFilter;
import dev.chitin.audit.query.EventIndex;
import dev.chitin.audit.query.EventPage;
import dev.chitin.audit.query.EventQuery;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;

/** How long it takes to find out that no entry of a log is about a call, the index being made. */
final class EventQueries {
  private static final int TIMES = 200;

  private EventQueries() {}

  static Row row(Path log, int size, double small) throws Exception {
    return new Row(
        "audit query by call id at %,d entries, p50".formatted(size),
        micros(log),
        small,
        "µs",
        "the same at 10^3",
        "≤ 1.2",
        "");
  }

  /** The median of {@value #TIMES} searches, each for another call, in microseconds. */
  static double micros(Path log) throws Exception {
    double[] micros = new double[TIMES];
    try (EventIndex index = EventIndex.open(log)) {
      while (index.follow(64)) {
        // To the end.
      }
      for (int i = -TIMES; i < TIMES; i++) {
        EventFilter filter = EventFilter.ALL.call("call_of_nobody_" + i);
        long begun = System.nanoTime();
        EventPage page = new EventQuery(log, index, filter, 100, true).page(OptionalLong.empty());
        micros[Math.max(0, i)] = (System.nanoTime() - begun) / 1e3;
        if (!page.found().isEmpty() || !page.complete()) {
          throw new IllegalStateException("the search found what is not there, or gave up");
        }
      }
    }
    Arrays.sort(micros);
    return micros[TIMES / 2];
  }
}
