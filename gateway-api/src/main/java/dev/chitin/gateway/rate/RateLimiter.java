package dev.chitin.gateway.rate;

import java.util.concurrent.TimeUnit;

/** Counts what each key asks for against one {@link RateLimit}. Safe for use from any thread. */
public interface RateLimiter {

  /** What is counted against. */
  RateLimit limit();

  /** Takes one token of {@code key}, if there is one. */
  Verdict take(String key);

  /**
   * Takes {@code tokens} of {@code key} whether or not they are there: what already happened is to
   * be paid for.
   */
  void charge(String key, long tokens);

  /**
   * Whether there was a token, and how the bucket stands.
   *
   * @param allowed whether it was taken
   * @param remaining tokens that are left
   * @param waitNanos time until there is a token again; 0 when there is one
   */
  record Verdict(boolean allowed, long remaining, long waitNanos) {
    /** The wait in seconds, rounded up. */
    public long waitSeconds() {
      return (waitNanos + TimeUnit.SECONDS.toNanos(1) - 1) / TimeUnit.SECONDS.toNanos(1);
    }
  }
}
