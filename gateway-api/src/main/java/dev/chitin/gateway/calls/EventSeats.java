package dev.chitin.gateway.calls;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Counts the open streams of calls' events, of all listeners of this node: in all, of each
 * principal and of each call. Holds an entry only for who reads and what is read, so it is bounded
 * by the streams themselves. Safe for use from any thread.
 */
public final class EventSeats {
  private final StreamBounds bounds;
  private final Map<String, Integer> byOwner = new HashMap<>();
  private final Map<String, Integer> byCall = new HashMap<>();
  private int open;

  public EventSeats(StreamBounds bounds) {
    this.bounds = bounds;
  }

  /** The place of one stream; given back once, however often it is closed. */
  @FunctionalInterface
  public interface Seat extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Takes a place for a stream of {@code call}'s events.
   *
   * @throws dev.chitin.bus.ChitinException {@code call.limit} at the bound of the principal or the
   *     call, {@code gateway.overloaded} at the gateway's
   */
  public synchronized Seat take(TrackedCall call) {
    if (open >= bounds.total()) {
      throw full(
          ProblemCode.GATEWAY_OVERLOADED,
          "The gateway already sends " + bounds.total() + " streams of events.",
          "event_streams");
    }
    if (byOwner.getOrDefault(call.owner(), 0) >= bounds.perPrincipal()) {
      throw full(
          ProblemCode.CALL_LIMIT,
          "You already read " + bounds.perPrincipal() + " streams of events.",
          "event_streams_per_principal");
    }
    if (byCall.getOrDefault(call.id(), 0) >= bounds.perCall()) {
      throw full(
          ProblemCode.CALL_LIMIT,
          bounds.perCall() + " already listen to this call.",
          "event_streams_per_call");
    }
    open++;
    byOwner.merge(call.owner(), 1, Integer::sum);
    byCall.merge(call.id(), 1, Integer::sum);
    var given = new AtomicBoolean();
    return () -> {
      if (given.compareAndSet(false, true)) {
        leave(call);
      }
    };
  }

  private static RuntimeException full(ProblemCode code, String detail, String key) {
    return Problem.of(code, detail)
        .withRule("gateway.limits." + key)
        .withHint("Close a stream that nobody reads, or raise gateway.limits." + key + ".")
        .toException();
  }

  private synchronized void leave(TrackedCall call) {
    open--;
    byOwner.computeIfPresent(call.owner(), (owner, count) -> count == 1 ? null : count - 1);
    byCall.computeIfPresent(call.id(), (id, count) -> count == 1 ? null : count - 1);
  }

  /** How many are open now. */
  public synchronized int open() {
    return open;
  }
}
