package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Who reads the log live, and how many may at once. A place is looked for and taken in one step, so
 * that readers on several event loops do not pass the bound together. Safe for use from any thread.
 */
final class StreamPlaces<T> {
  private final int most;
  private final Set<T> taken = ConcurrentHashMap.newKeySet();

  /**
   * @param most how many places there are
   */
  StreamPlaces(int most) {
    this.most = most;
  }

  /**
   * Takes a place for {@code reader}.
   *
   * @throws dev.chitin.bus.ChitinException {@code gateway.overloaded} when none is left
   */
  synchronized void take(T reader) {
    if (taken.size() >= most) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, most + " streams of the log are the most.")
          .withRule("audit.subscribers")
          .withHint("Close a stream that nobody reads, or ask GET /v1/audit/events.")
          .toException();
    }
    taken.add(reader);
  }

  void leave(T reader) {
    taken.remove(reader);
  }

  int size() {
    return taken.size();
  }

  /** Does {@code action} with each who has a place. */
  void each(Consumer<T> action) {
    taken.forEach(action);
  }
}
