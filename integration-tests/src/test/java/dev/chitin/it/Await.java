package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what another process makes true and gives no signal of. */
public final class Await {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);

  private Await() {}

  /** Looks until {@code truth} holds, less and less often; after two minutes it fails. */
  public static void until(String what, Callable<Boolean> truth) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    Duration pause = FIRST_PAUSE;
    while (!truth.call()) {
      assertThat(System.nanoTime() - end).as("still waiting for %s", what).isNegative();
      Thread.sleep(pause);
      pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
    }
  }
}
