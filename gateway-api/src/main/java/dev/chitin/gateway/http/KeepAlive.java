package dev.chitin.gateway.http;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Keeps a stream of server-sent events from looking dead to what lies between: a comment every
 * {@value #SECONDS} seconds, which clients overlook (WHATWG HTML, section 9.2.7).
 */
final class KeepAlive implements AutoCloseable {
  private static final int SECONDS = 15;
  private static final String COMMENT = ": ka\n\n";

  private final Vertx vertx;
  private final long timer;

  /**
   * Starts.
   *
   * @param write writes to the stream, on the event loop that starts this
   */
  KeepAlive(Vertx vertx, Consumer<String> write) {
    this(vertx, Duration.ofSeconds(SECONDS), write);
  }

  /** The same at another interval. */
  KeepAlive(Vertx vertx, Duration interval, Consumer<String> write) {
    this.vertx = vertx;
    timer = vertx.setPeriodic(interval.toMillis(), tick -> write.accept(COMMENT));
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
