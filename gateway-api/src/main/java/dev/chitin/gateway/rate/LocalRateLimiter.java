package dev.chitin.gateway.rate;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * This node's counts. Follows the generic cell rate algorithm (ITU-T I.371, as a virtual scheduling
 * algorithm): for each key one number, the instant at which its bucket will be full again; to take
 * a token moves it on by one interval, and it may lie at most a whole bucket ahead of now.
 *
 * <p>At most {@value #MOST_KEYS} keys are told apart. A key whose bucket is full holds no
 * information and may be forgotten; when none can be, new keys share one bucket. A key that is
 * being limited is never forgotten, or it could be made so from outside.
 */
public final class LocalRateLimiter implements RateLimiter {
  /** Keys that are told apart. */
  static final int MOST_KEYS = 65_536;

  /** A whole look at the keys is taken no more often than this. */
  private static final long SWEEP_NANOS = 100_000_000L;

  private final RateLimit limit;
  private final LongSupplier nanoTime;
  private final int mostKeys;
  private final long origin;
  private final ConcurrentMap<String, AtomicLong> full = new ConcurrentHashMap<>();
  private final AtomicLong shared = new AtomicLong();
  private final AtomicLong nextSweep = new AtomicLong();

  /** Counts by this machine's monotonic clock. */
  public LocalRateLimiter(RateLimit limit) {
    this(limit, System::nanoTime, MOST_KEYS);
  }

  LocalRateLimiter(RateLimit limit, LongSupplier nanoTime, int mostKeys) {
    this.limit = limit;
    this.nanoTime = nanoTime;
    this.mostKeys = mostKeys;
    this.origin = nanoTime.getAsLong();
  }

  @Override
  public RateLimit limit() {
    return limit;
  }

  @Override
  public Verdict take(String key) {
    long now = now();
    AtomicLong bucket = bucket(key, now);
    while (true) {
      long before = bucket.get();
      long after = Math.max(before, now) + limit.intervalNanos();
      if (after - now > limit.fullNanos()) {
        return new Verdict(false, 0, after - now - limit.fullNanos());
      }
      if (bucket.compareAndSet(before, after)) {
        long remaining = (limit.fullNanos() - (after - now)) / limit.intervalNanos();
        long wait = remaining > 0 ? 0 : after + limit.intervalNanos() - now - limit.fullNanos();
        return new Verdict(true, remaining, wait);
      }
    }
  }

  @Override
  public void charge(String key, long tokens) {
    long now = now();
    // A debt of more than one whole bucket would punish long after the offence.
    long most = now + 2 * limit.fullNanos();
    bucket(key, now)
        .accumulateAndGet(
            tokens * limit.intervalNanos(),
            (before, cost) -> Math.max(before, Math.min(most, Math.max(before, now) + cost)));
  }

  /** Keys that are told apart now. */
  int keys() {
    return full.size();
  }

  private long now() {
    return nanoTime.getAsLong() - origin;
  }

  private AtomicLong bucket(String key, long now) {
    AtomicLong known = full.get(key);
    if (known != null) {
      return known;
    }
    if (full.size() >= mostKeys) {
      sweep(now);
      if (full.size() >= mostKeys) {
        return shared;
      }
    }
    return full.computeIfAbsent(key, unknown -> new AtomicLong(now));
  }

  /** Forgets the keys whose buckets are full. */
  private void sweep(long now) {
    long due = nextSweep.get();
    if (now >= due && nextSweep.compareAndSet(due, now + SWEEP_NANOS)) {
      full.values().removeIf(instant -> instant.get() <= now);
    }
  }
}
