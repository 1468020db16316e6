package dev.chitin.gateway.calls;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The uses of idempotency keys that are remembered, for {@value #KEPT_HOURS} hours each, at most
 * {@value #MOST_OF_ONE} for each principal and {@value #MOST} in all. Safe for use from any thread.
 */
final class IdempotencyTable {
  static final int MOST = 65_536;
  static final int MOST_OF_ONE = 1_024;
  static final int KEPT_HOURS = 24;
  static final long KEPT_MILLIS = Duration.ofHours(KEPT_HOURS).toMillis();

  private final LongSupplier millis;

  /** In the order of their times, which never go back. */
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private final Map<String, Integer> byOwner = new HashMap<>();

  private record Entry(IdempotentUse use, State state) {}

  private enum State {
    /** Claimed, and not on disk. */
    CLAIMED,
    /** On disk, its call being made by this process. */
    HERE,
    /** On disk since before this process. */
    BEFORE
  }

  /**
   * @param millis POSIX milliseconds, never going back
   * @param before what is on disk, in the order of the first uses
   */
  IdempotencyTable(LongSupplier millis, List<IdempotentUse> before) {
    this.millis = millis;
    long latest = 0;
    for (IdempotentUse use : before) {
      // A clock that was set back leaves times that are still to come; nothing is kept for longer.
      latest = Math.max(latest, Math.min(use.millis(), millis.getAsLong()));
      put(new Entry(use.at(latest), State.BEFORE));
    }
  }

  /** Claims a key, given its hash and those of body and owner; see {@link IdempotencyKeys}. */
  synchronized IdempotencyClaim claim(String key, String body, String owner, String callId) {
    long now = millis.getAsLong();
    forgetOld(now - KEPT_MILLIS);
    Entry known = entries.get(key);
    if (known != null) {
      return again(known, body);
    }
    if (byOwner.getOrDefault(owner, 0) >= MOST_OF_ONE) {
      throw full("Already " + MOST_OF_ONE + " of your idempotency keys are remembered.");
    }
    if (entries.size() >= MOST) {
      throw full("All " + MOST + " places for idempotency keys are taken.");
    }
    var use = new IdempotentUse(now, key, body, owner, callId, null);
    put(new Entry(use, State.CLAIMED));
    return new IdempotencyClaim.First(use);
  }

  private static ChitinException full(String detail) {
    return Problem.of(ProblemCode.IDEMPOTENCY_FULL, detail)
        .withHint("A key is kept for " + KEPT_HOURS + " hours; leave it out where you can.")
        .toException();
  }

  private static IdempotencyClaim again(Entry known, String body) {
    if (!known.use().body().equals(body)) {
      throw Problem.of(
              ProblemCode.IDEMPOTENCY_MISMATCH, "This Idempotency-Key was used with another body.")
          .withHint("Use a new key for a new call.")
          .toException();
    }
    String callId = known.use().callId();
    JsonValue.Obj outcome = known.use().outcome();
    if (outcome != null) {
      return new IdempotencyClaim.Over(callId, outcome);
    }
    return known.state() == State.BEFORE
        ? new IdempotencyClaim.Unknown(callId)
        : new IdempotencyClaim.Running(callId);
  }

  private void forgetOld(long old) {
    for (Iterator<Entry> all = entries.values().iterator(); all.hasNext(); ) {
      Entry entry = all.next();
      if (entry.use().millis() > old) {
        return;
      }
      all.remove();
      leave(entry.use().owner());
    }
  }

  /** {@code use} is on disk, as it is given. */
  synchronized void kept(IdempotentUse use) {
    entries.computeIfPresent(
        use.key(), (key, old) -> sameCall(old, use) ? new Entry(use, State.HERE) : old);
  }

  /**
   * Forgets {@code use}.
   *
   * @return whether it stood here as one that is on disk
   */
  synchronized boolean remove(IdempotentUse use) {
    Entry entry = entries.get(use.key());
    if (entry == null || !sameCall(entry, use)) {
      return false;
    }
    entries.remove(use.key());
    leave(use.owner());
    return entry.state() != State.CLAIMED;
  }

  /** A key may have been forgotten and used anew while its first call ran. */
  private static boolean sameCall(Entry entry, IdempotentUse use) {
    return entry.use().callId().equals(use.callId());
  }

  synchronized int size() {
    return entries.size();
  }

  /** What is on disk and counts. */
  synchronized List<IdempotentUse> live() {
    return entries.values().stream()
        .filter(entry -> entry.state() != State.CLAIMED)
        .map(Entry::use)
        .toList();
  }

  private void put(Entry entry) {
    entries.put(entry.use().key(), entry);
    byOwner.merge(entry.use().owner(), 1, Integer::sum);
  }

  private void leave(String owner) {
    byOwner.computeIfPresent(owner, (name, count) -> count == 1 ? null : count - 1);
  }
}
