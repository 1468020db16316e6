package dev.chitin.sandbox.http;

import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;

/** Bounds a wait in which things go on: each progress begins it anew. Used on one event loop. */
final class Patience implements AutoCloseable {
  private final Vertx vertx;
  private final long millis;
  private final Runnable lost;
  private long lastNanos = System.nanoTime();
  private long timer;

  /**
   * Begins to wait.
   *
   * @param millis longest time without progress
   * @param lost runs after that, at most once and not once this is closed
   */
  Patience(Vertx vertx, long millis, Runnable lost) {
    this.vertx = vertx;
    this.millis = millis;
    this.lost = lost;
    this.timer = vertx.setTimer(millis, late -> look());
  }

  /** Something went on. */
  void progress() {
    lastNanos = System.nanoTime();
  }

  private void look() {
    long still = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastNanos);
    if (still >= millis) {
      lost.run();
    } else {
      timer = vertx.setTimer(millis - still, late -> look());
    }
  }

  /** The wait is over. */
  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
