package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for what another process makes true. */
public final class Await {
  private static final long PATIENCE = Duration.ofMinutes(2).toNanos();
  private static final long PAUSE = Duration.ofMillis(100).toNanos();

  private Await() {}

  /** Looks again and again, until {@code true} or two minutes are over. */
  public static void until(Callable<Boolean> truth) throws Exception {
    long end = System.nanoTime() + PATIENCE;
    boolean is = truth.call();
    while (!is && System.nanoTime() < end) {
      LockSupport.parkNanos(PAUSE);
      is = truth.call();
    }
    assertThat(is).as("within two minutes").isTrue();
  }
}
