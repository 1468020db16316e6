package dev.chitin.gateway.auth;

import java.util.concurrent.atomic.AtomicLongArray;

/** Counts refused credentials by kind. */
public final class AuthFailures {
  private final AtomicLongArray counts = new AtomicLongArray(AuthFailureKind.values().length);

  public void count(AuthFailureKind kind) {
    counts.incrementAndGet(kind.ordinal());
  }

  /** How many of that kind, since the start. */
  public long of(AuthFailureKind kind) {
    return counts.get(kind.ordinal());
  }
}
