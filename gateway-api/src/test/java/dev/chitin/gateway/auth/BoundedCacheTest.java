package dev.chitin.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is remembered, for how long, and how much of it. */
class BoundedCacheTest {
  private long now = Long.MAX_VALUE - 5; // A monotonic clock may start anywhere and wrap.
  private final BoundedCache<Integer, String> cache = new BoundedCache<>(32, () -> now);

  @Test
  void aValueIsForgottenWhenItsTimeIsOver() {
    cache.put(1, "one", 10);
    assertThat(cache.get(1)).as("its end lies beyond the wrap").contains("one");
    now += 9;
    assertThat(cache.get(1)).contains("one");
    now += 1;
    assertThat(cache.get(1)).isEmpty();
    assertThat(cache.size()).isZero();
  }

  @Test
  void itNeverHoldsMoreThanItsBoundAndDropsWhatIsOverFirst() {
    cache.put(-1, "kept", 1_000);
    for (int i = 0; i < 31; i++) {
      cache.put(i, "short", 10);
    }
    now += 10;
    cache.put(100, "new", 1_000);
    assertThat(cache.get(-1)).contains("kept");
    assertThat(cache.size()).isEqualTo(2);
    for (int i = 0; i < 1_000; i++) {
      cache.put(i, "long", 1_000);
      assertThat(cache.size()).isLessThanOrEqualTo(32);
    }
    assertThat(cache.get(999)).contains("long");
  }
}
