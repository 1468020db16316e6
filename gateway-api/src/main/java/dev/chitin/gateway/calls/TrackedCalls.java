package dev.chitin.gateway.calls;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The calls of this node that go on without their clients, and those that ended of late. Kept for
 * {@value #KEPT_MINUTES} minutes after their end, at most {@value #MOST_OF_ONE} for each principal
 * and {@value #MOST} in all; at a bound the principal's own oldest that is over goes first, and
 * when all of them run, the next is refused. Safe for use from any thread.
 */
public final class TrackedCalls {
  static final int MOST = 256;
  static final int MOST_OF_ONE = 64;
  static final int KEPT_MINUTES = 15;

  private static final long KEPT_NANOS = Duration.ofMinutes(KEPT_MINUTES).toNanos();

  private final Map<String, TrackedCall> calls = new HashMap<>();
  private final Map<String, Integer> byOwner = new HashMap<>();
  private final EventSeats seats;
  private final LongSupplier nanoTime;

  /**
   * @param streams how many may read their events
   */
  public TrackedCalls(StreamBounds streams) {
    this(streams, System::nanoTime);
  }

  TrackedCalls(StreamBounds streams, LongSupplier nanoTime) {
    this.seats = new EventSeats(streams);
    this.nanoTime = nanoTime;
  }

  /** Places for those who read their events. */
  public EventSeats seats() {
    return seats;
  }

  /**
   * Keeps {@code call}.
   *
   * @throws dev.chitin.bus.ChitinException {@code call.limit} when there is no room
   */
  public synchronized void add(TrackedCall call) {
    sweep();
    if (byOwner.getOrDefault(call.owner(), 0) >= MOST_OF_ONE || calls.size() >= MOST) {
      forgetOldestOf(call.owner());
    }
    calls.put(call.id(), call);
    byOwner.merge(call.owner(), 1, Integer::sum);
  }

  private void sweep() {
    long now = nanoTime.getAsLong();
    calls.values().stream()
        .filter(call -> call.over() && now - call.endedNanos() > KEPT_NANOS)
        .toList()
        .forEach(this::remove);
  }

  private void forgetOldestOf(String owner) {
    TrackedCall oldest =
        calls.values().stream()
            .filter(call -> call.owner().equals(owner) && call.over())
            .min(Comparator.comparingLong(TrackedCall::endedNanos))
            .orElseThrow(
                () ->
                    Problem.of(
                            ProblemCode.CALL_LIMIT,
                            "You already have " + MOST_OF_ONE + " calls that run by themselves.")
                        .withRule("call.tracked")
                        .withHint("Wait until some have ended, or cancel them.")
                        .toException());
    remove(oldest);
  }

  private void remove(TrackedCall call) {
    calls.remove(call.id());
    byOwner.computeIfPresent(call.owner(), (owner, count) -> count == 1 ? null : count - 1);
  }

  /** The call of that id if it is {@code owner}'s; another's is as unknown as none. */
  public synchronized Optional<TrackedCall> find(String id, String owner) {
    sweep();
    return Optional.ofNullable(calls.get(id)).filter(call -> call.owner().equals(owner));
  }

  /** Cancels all that run, because the gateway stops. */
  public void cancelAll(String reason) {
    running().forEach(call -> call.cancel(reason));
  }

  private synchronized List<TrackedCall> running() {
    return calls.values().stream().filter(call -> !call.over()).toList();
  }

  /** How many are kept. */
  public synchronized int size() {
    return calls.size();
  }
}
