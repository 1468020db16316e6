package dev.chitin.gateway.rate;

import java.util.concurrent.TimeUnit;

/**
 * A token bucket: it holds at most {@code burst} tokens, is full at first, and gains {@code
 * requestsPerMinute} tokens a minute.
 *
 * @param requestsPerMinute 1 to 10,000,000
 * @param burst 1 to 1,000,000
 */
public record RateLimit(long requestsPerMinute, long burst) {
  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** What a principal may do when the operator says nothing. */
  public static final RateLimit DEFAULT = new RateLimit(6_000, 200);

  /** How much more than a principal an address may do: many may sit behind one. */
  private static final long ADDRESS_FACTOR = 20;

  public RateLimit {
    if (requestsPerMinute < 1 || requestsPerMinute > 1_000_000_000L) {
      throw new IllegalArgumentException("requests per minute: " + requestsPerMinute);
    }
    if (burst < 1 || burst > 1_000_000_000L) {
      throw new IllegalArgumentException("burst: " + burst);
    }
  }

  /** What one address may do where this is what one principal may. */
  public RateLimit ofAddress() {
    return new RateLimit(requestsPerMinute * ADDRESS_FACTOR, burst * ADDRESS_FACTOR);
  }

  /** Time in which one token comes. */
  long intervalNanos() {
    return Math.max(1, MINUTE_NANOS / requestsPerMinute);
  }

  /** Time in which an empty bucket fills. */
  long fullNanos() {
    return burst * intervalNanos();
  }
}
