package dev.chitin.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what another thread does and gives no signal of, and fails when it never comes. */
public final class Awaiting {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofMillis(2);

  private Awaiting() {}

  public static void until(Callable<Boolean> holds) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!holds.call()) {
      assertThat(System.nanoTime() - end).as("it never came").isNegative();
      Thread.sleep(PAUSE);
    }
  }
}
