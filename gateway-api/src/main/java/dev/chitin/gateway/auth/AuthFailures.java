package dev.chitin.gateway.auth;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/** Counts refused credentials by kind. */
public final class AuthFailures {
  private final Map<AuthFailureKind, LongAdder> counts =
      Arrays.stream(AuthFailureKind.values())
          .collect(Collectors.toUnmodifiableMap(kind -> kind, kind -> new LongAdder()));

  public void count(AuthFailureKind kind) {
    Objects.requireNonNull(counts.get(kind)).increment();
  }

  /** How many of that kind, since the start. */
  public long of(AuthFailureKind kind) {
    return Objects.requireNonNull(counts.get(kind)).sum();
  }
}
