package dev.chitin.gateway.calls;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.function.LongSupplier;

/**
 * The calls of this node that go on without their clients, and those that ended of late. Kept for
 * {@value #KEPT_MINUTES} minutes after their end, at most {@value #MOST_OF_ONE} for each principal
 * and {@value #MOST} in all. At a principal's bound its own oldest that is over goes; at the bound
 * of all, the oldest that is over of whoever holds most, but another's only while he holds more
 * than who comes. A call that runs never goes; where none is left that may, the next is refused.
 * Those that are over have {@value #MOST_CHARACTERS} characters of output together: beyond, the
 * oldest of whoever has most goes, but not the one that has just ended. Safe for use from any
 * thread.
 */
public final class TrackedCalls {
  static final int MOST = 256;
  static final int MOST_OF_ONE = 64;
  static final int KEPT_MINUTES = 15;

  /** Far below the heap that a gateway is given, also at two bytes a character. */
  static final long MOST_CHARACTERS = 64L << 20;

  private static final long KEPT_NANOS = Duration.ofMinutes(KEPT_MINUTES).toNanos();

  private final Map<String, TrackedCall> calls = new HashMap<>();
  private final Map<String, Holder> holders = new HashMap<>();

  /** All that are over, in the order in which they ended. */
  private final SequencedSet<TrackedCall> over = new LinkedHashSet<>();

  private final EventSeats seats;
  private final LongSupplier nanoTime;

  /** Of all that are over. */
  private long characters;

  /** What one principal has here. */
  private static final class Holder {
    private final Deque<TrackedCall> over = new ArrayDeque<>();
    private int held;
    private long characters;
  }

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
   * @throws dev.chitin.bus.ChitinException {@code call.limit} when as many of the principal run as
   *     may, {@code gateway.overloaded} when there is no room in all
   */
  public void add(TrackedCall call) {
    keep(call);
    call.outcome().onComplete(known -> ended(call));
  }

  private synchronized void keep(TrackedCall call) {
    sweep();
    makeRoom(call.owner());
    calls.put(call.id(), call);
    holders.computeIfAbsent(call.owner(), owner -> new Holder()).held++;
  }

  private synchronized void ended(TrackedCall call) {
    Holder own = holder(call);
    own.over.addLast(call);
    own.characters += call.size();
    over.addLast(call);
    characters += call.size();
    while (characters > MOST_CHARACTERS && over.size() > 1) {
      forgetOldest(havingMostBeside(call));
    }
  }

  /** Who has most output of those that have a call to give beside {@code ended}. */
  private Holder havingMostBeside(TrackedCall ended) {
    return holders.values().stream()
        .filter(holder -> !holder.over.isEmpty() && holder.over.getFirst() != ended)
        .max(Comparator.comparingLong(holder -> holder.characters))
        .orElseThrow();
  }

  /** Of a call that is kept. */
  private Holder holder(TrackedCall call) {
    return Objects.requireNonNull(holders.get(call.owner()));
  }

  private void sweep() {
    long now = nanoTime.getAsLong();
    while (!over.isEmpty() && now - over.getFirst().endedNanos() > KEPT_NANOS) {
      forgetOldest(holder(over.getFirst()));
    }
  }

  private void makeRoom(String owner) {
    Holder own = holders.getOrDefault(owner, new Holder());
    if (own.held >= MOST_OF_ONE) {
      if (own.over.isEmpty()) {
        throw allOfOneRun();
      }
      forgetOldest(own);
    } else if (calls.size() >= MOST) {
      forgetOldest(givingWayTo(own).orElseThrow(TrackedCalls::allPlacesTaken));
    }
  }

  /** Who holds most of those that have something to give. */
  private Optional<Holder> givingWayTo(Holder comer) {
    return holders.values().stream()
        .filter(holder -> !holder.over.isEmpty())
        .filter(holder -> holder == comer || holder.held > comer.held)
        .max(Comparator.comparingInt(holder -> holder.held));
  }

  private static ChitinException allOfOneRun() {
    return Problem.of(
            ProblemCode.CALL_LIMIT,
            "You already have " + MOST_OF_ONE + " calls that run by themselves.")
        .withRule("call.tracked")
        .withHint("Wait until some have ended, or cancel them.")
        .toException();
  }

  private static ChitinException allPlacesTaken() {
    return Problem.of(
            ProblemCode.GATEWAY_OVERLOADED,
            "All " + MOST + " places for calls that run by themselves are taken.")
        .withRule("call.tracked")
        .withHint(
            "Try again when calls have ended, or leave out Prefer: respond-async and"
                + " Idempotency-Key.")
        .toException();
  }

  private void forgetOldest(Holder holder) {
    TrackedCall oldest = holder.over.removeFirst();
    over.remove(oldest);
    calls.remove(oldest.id());
    holder.held--;
    holder.characters -= oldest.size();
    characters -= oldest.size();
    if (holder.held == 0) {
      holders.remove(oldest.owner());
    }
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

  /** Characters of output of those that are over. */
  synchronized long characters() {
    return characters;
  }

  /** How many are kept. */
  public synchronized int size() {
    return calls.size();
  }
}
