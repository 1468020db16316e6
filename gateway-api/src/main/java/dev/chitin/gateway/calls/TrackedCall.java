package dev.chitin.gateway.calls;

import dev.chitin.bus.BusCall;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A call that goes on when its client leaves: its last events, its outcome, and who listens. Safe
 * for use from any thread; listeners are called on the thread that adds an event, and must be
 * short.
 */
public final class TrackedCall {
  private final String id;
  private final String tool;
  private final String owner;
  private final long startedMillis;
  private final EventRing ring = new EventRing();
  private final Set<Runnable> listeners = new LinkedHashSet<>();
  private final Promise<JsonValue.Obj> outcome = Promise.promise();
  private @Nullable BusCall<?> running;
  private JsonValue.@Nullable Obj result;
  private @Nullable Problem problem;
  private long documentSize;
  private long endedNanos;
  private @Nullable String cancelled;

  /**
   * A call that is about to be made.
   *
   * @param owner tenant and principal, to whom alone it may be shown
   */
  public TrackedCall(String id, String tool, String owner, long startedMillis) {
    this.id = id;
    this.tool = tool;
    this.owner = owner;
    this.startedMillis = startedMillis;
  }

  public String id() {
    return id;
  }

  public String tool() {
    return tool;
  }

  String owner() {
    return owner;
  }

  public long startedMillis() {
    return startedMillis;
  }

  /** Its way to the executor, by which it can be cancelled. */
  public void running(BusCall<?> call) {
    String reason;
    synchronized (this) {
      running = call;
      reason = cancelled;
    }
    if (reason != null) {
      call.cancel(reason);
    }
  }

  /** Adds an event for whoever listens now or looks later. */
  public void event(String name, JsonValue.Obj data) {
    tell(name, data, size -> {});
  }

  /**
   * In one step with {@code change}: whoever sees that it is over finds its last event too.
   *
   * @param change is given the size of the event's data
   */
  private void tell(String name, JsonValue.Obj data, IntConsumer change) {
    String text = CanonicalJson.inOrder(data);
    List<Runnable> told;
    synchronized (this) {
      change.accept(text.length());
      ring.add(name, text);
      told = List.copyOf(listeners);
    }
    told.forEach(Runnable::run);
  }

  /** It ran, and this is its document. */
  public void ended(JsonValue.Obj document) {
    try {
      tell(
          "result",
          document,
          size -> {
            result = document;
            documentSize = size;
            endedNanos = System.nanoTime();
          });
    } finally {
      outcome.tryComplete(document);
    }
  }

  /** It did not run, or its outcome is not known. */
  public void failed(Throwable failure, JsonValue.Obj document) {
    ChitinException known = ChitinException.from(failure);
    try {
      tell(
          "error",
          document,
          size -> {
            problem = known.problem();
            endedNanos = System.nanoTime();
          });
    } finally {
      outcome.tryFail(known);
    }
  }

  /**
   * Takes it back; the executor still tells how it ended.
   *
   * @return false when it was over before
   */
  public boolean cancel(String reason) {
    BusCall<?> call;
    synchronized (this) {
      if (over()) {
        return false;
      }
      if (cancelled == null) {
        cancelled = reason;
      }
      call = running;
    }
    if (call != null) {
      call.cancel(reason);
    }
    return true;
  }

  /** Whether nothing more will come. */
  public synchronized boolean over() {
    return result != null || problem != null;
  }

  /** When it ended, by {@link System#nanoTime()}; only when it is over. */
  synchronized long endedNanos() {
    return endedNanos;
  }

  /** Characters that it takes, of its events and its document; no longer grows when it is over. */
  synchronized long size() {
    return ring.characters() + documentSize;
  }

  /** Its document, or its failure; pending while it runs. */
  public Future<JsonValue.Obj> outcome() {
    return outcome.future();
  }

  /** What a listener has not seen yet. */
  public record Page(long gapFrom, long gapTo, List<CallEvent> events, boolean last) {
    /** Whether events were forgotten that the listener has not seen: from and to, inclusive. */
    public boolean hasGap() {
      return gapTo >= gapFrom;
    }
  }

  /** At most {@code most} events from number {@code from} on. */
  public synchronized Page page(long from, int most) {
    long oldest = ring.oldest();
    List<CallEvent> events = ring.from(from, most);
    long seen = events.isEmpty() ? Math.max(from, oldest) : events.getLast().id() + 1;
    return new Page(from, oldest - 1, events, over() && seen >= ring.next());
  }

  /** Whether {@code number} is one that an event of this call has had, or is the next. */
  public synchronized boolean knows(long number) {
    return number >= 0 && number <= ring.next();
  }

  /** Whether all was seen, and nothing more will come, for who saw all before {@code number}. */
  public synchronized boolean isSeen(long number) {
    return over() && number >= ring.next();
  }

  /** Calls {@code listener} whenever there is more to see; {@link EventSeats} bounds how many. */
  public synchronized void listen(Runnable listener) {
    listeners.add(listener);
  }

  public synchronized void leave(Runnable listener) {
    listeners.remove(listener);
  }
}
