package dev.chitin.gateway.calls;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The last events of one call: at most {@value #MOST_EVENTS}, and {@value #MOST_CHARACTERS}
 * characters of data; older ones are forgotten. Not safe for use by several threads at once.
 */
final class EventRing {
  /** Events that are kept. */
  static final int MOST_EVENTS = 1_000;

  /** Characters of data that are kept. */
  static final int MOST_CHARACTERS = 1 << 19;

  private final Deque<CallEvent> events = new ArrayDeque<>();
  private int characters;
  private long next;

  /** Adds one, and forgets the oldest as far as it must; the newest is always kept. */
  void add(String name, String data) {
    var event = new CallEvent(next++, name, data);
    events.addLast(event);
    characters += event.size();
    while (events.size() > MOST_EVENTS || (characters > MOST_CHARACTERS && events.size() > 1)) {
      characters -= events.removeFirst().size();
    }
  }

  /** The number of the next event. */
  long next() {
    return next;
  }

  /** Characters of data that are kept now. */
  int characters() {
    return characters;
  }

  /** The number of the oldest event that is kept; {@link #next()} when there is none. */
  long oldest() {
    CallEvent first = events.peekFirst();
    return first == null ? next : first.id();
  }

  /** At most {@code most} events from number {@code from} on, as far as they are kept. */
  List<CallEvent> from(long from, int most) {
    return events.stream().filter(event -> event.id() >= from).limit(most).toList();
  }
}
