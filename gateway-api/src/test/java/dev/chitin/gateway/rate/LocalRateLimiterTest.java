package dev.chitin.gateway.rate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LocalRateLimiterTest {
  private static final RateLimit SIXTY = new RateLimit(60, 10);

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
  private final LocalRateLimiter limiter = limiter(SIXTY, 100);

  private LocalRateLimiter limiter(RateLimit limit, int keys) {
    return new LocalRateLimiter(limit, clock::get, keys);
  }

  private void pass(long millis) {
    clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private static int taken(RateLimiter limiter, String key, int attempts) {
    int taken = 0;
    for (int i = 0; i < attempts; i++) {
      taken += limiter.take(key).allowed() ? 1 : 0;
    }
    return taken;
  }

  @Test
  void aBurstIsTakenAtOnceAndNoMore() {
    assertThat(taken(limiter, "a", 50)).isEqualTo(10);
  }

  @Test
  void tokensComeAtTheRateAndTheBucketHoldsNoMoreThanTheBurst() {
    taken(limiter, "a", 10);
    pass(999);
    assertThat(limiter.take("a").allowed()).isFalse();
    pass(1);
    assertThat(taken(limiter, "a", 5)).isEqualTo(1);
    pass(3_600_000);
    assertThat(taken(limiter, "a", 50)).isEqualTo(10);
  }

  @Test
  void aVerdictSaysWhatIsLeftAndHowLongToWait() {
    assertThat(limiter.take("a")).isEqualTo(new RateLimiter.Verdict(true, 9, 0));
    taken(limiter, "a", 8);
    assertThat(limiter.take("a").waitSeconds()).as("the last one").isEqualTo(1);
    pass(400);
    RateLimiter.Verdict refused = limiter.take("a");
    assertThat(refused.allowed()).isFalse();
    assertThat(refused.waitNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(600));
    assertThat(refused.waitSeconds()).isEqualTo(1);
  }

  @Test
  void aRefusalCostsNothing() {
    taken(limiter, "a", 1_000);
    pass(1_000);
    assertThat(taken(limiter, "a", 10)).isEqualTo(1);
  }

  @Test
  void aChargeIsPaidForButNotForEver() {
    limiter.charge("a", 10);
    assertThat(limiter.take("a").allowed()).isFalse();
    pass(10_000);
    assertThat(taken(limiter, "a", 50)).isEqualTo(10);
    for (int i = 0; i < 1_000; i++) {
      limiter.charge("a", 10);
    }
    pass(20_000);
    assertThat(taken(limiter, "a", 50)).as("a debt is at most two buckets").isEqualTo(10);
  }

  @Test
  void keysDoNotTakeFromEachOther() {
    taken(limiter, "a", 50);
    assertThat(taken(limiter, "b", 50)).isEqualTo(10);
  }

  @Test
  void aKeyThatIsBeingLimitedIsNotForgottenHoweverManyOthersCome() {
    taken(limiter, "attacker", 50);
    for (int i = 0; i < 10_000; i++) {
      pass(0);
      limiter.take("k" + i);
    }
    assertThat(limiter.keys()).isLessThanOrEqualTo(100);
    assertThat(limiter.take("attacker").allowed()).isFalse();
  }

  @Test
  void beyondTheTableNewKeysShareOneBucketAndFullBucketsAreForgotten() {
    for (int i = 0; i < 100; i++) {
      taken(limiter, "k" + i, 10);
    }
    assertThat(taken(limiter, "x", 50) + taken(limiter, "y", 50)).isEqualTo(10);
    pass(60_000);
    assertThat(taken(limiter, "z", 50)).isEqualTo(10);
    assertThat(limiter.keys()).isEqualTo(1);
  }

  @Test
  void threadsTogetherTakeNoMoreThanThereIs() throws Exception {
    LocalRateLimiter shared = limiter(new RateLimit(60, 1_000), 100);
    try (var threads = Executors.newFixedThreadPool(8)) {
      List<Callable<Integer>> takers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        takers.add(() -> taken(shared, "a", 1_000));
      }
      int sum = 0;
      for (Future<Integer> taken : threads.invokeAll(takers)) {
        sum += taken.get();
      }
      assertThat(sum).isEqualTo(1_000);
    }
  }
}
