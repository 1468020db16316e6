package dev.chitin.vault;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what another thread does, and fails when it never comes. */
final class Awaiting {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Awaiting() {}

  static void until(BooleanSupplier there) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!there.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("it never came");
      }
      Thread.onSpinWait();
    }
  }
}
