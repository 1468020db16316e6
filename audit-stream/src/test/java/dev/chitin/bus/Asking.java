package dev.chitin.bus;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What tests of the bus ask, what they are answered, and how long they wait. */
final class Asking {
  private static final int PATIENCE_SECONDS = 20;

  private Asking() {}

  record Question(String text) {}

  record Answer(String text) {}

  static <T> T await(Future<T> future) {
    try {
      return future.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer within " + PATIENCE_SECONDS + " s", e);
    }
  }

  static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(PATIENCE_SECONDS));
  }
}
