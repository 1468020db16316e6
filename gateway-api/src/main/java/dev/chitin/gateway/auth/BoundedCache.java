package dev.chitin.gateway.auth;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Remembers values for a time. At its bound it forgets first what is over and then anything: a
 * value that was forgotten is found out again. Safe for use by several threads.
 */
public final class BoundedCache<K, V> {
  private final int most;
  private final LongSupplier nanos;
  private final ConcurrentHashMap<K, Kept<V>> values = new ConcurrentHashMap<>();

  private record Kept<V>(V value, long until) {}

  /**
   * @param nanos a monotonic clock
   */
  public BoundedCache(int most, LongSupplier nanos) {
    this.most = most;
    this.nanos = nanos;
  }

  public Optional<V> get(K key) {
    Kept<V> kept = values.get(key);
    if (kept == null) {
      return Optional.empty();
    }
    if (nanos.getAsLong() - kept.until() >= 0) {
      values.remove(key, kept);
      return Optional.empty();
    }
    return Optional.of(kept.value());
  }

  /** Keeps a value for {@code lifeNanos}. */
  public void put(K key, V value, long lifeNanos) {
    long now = nanos.getAsLong();
    synchronized (this) {
      if (values.size() >= most && !values.containsKey(key)) {
        makeRoom(now);
      }
      values.put(key, new Kept<>(value, now + lifeNanos));
    }
  }

  /** A sixteenth at once, so that a full cache is not swept for each newcomer. */
  private void makeRoom(long now) {
    values.values().removeIf(kept -> now - kept.until() >= 0);
    int surplus = values.size() - (most - Math.max(1, most / 16));
    var keys = values.keySet().iterator();
    for (int i = 0; i < surplus && keys.hasNext(); i++) {
      keys.next();
      keys.remove();
    }
  }

  public void clear() {
    values.clear();
  }

  public int size() {
    return values.size();
  }
}
