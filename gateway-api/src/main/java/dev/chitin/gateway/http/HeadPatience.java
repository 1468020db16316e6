package dev.chitin.gateway.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.IdentityHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Ends connections that keep the next request's header from coming: a new one has a short time for
 * its first, one between requests the idle time, however many single bytes arrive meanwhile. An
 * idle timeout alone is fed by one byte now and then (slow loris). Confined to one event loop.
 */
final class HeadPatience implements AutoCloseable {
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(75);
  private static final long MOST_TICK_MILLIS = 500;

  private final Vertx vertx;
  private final long firstNanos;
  private final IdentityHashMap<HttpConnection, Waiting> connections = new IdentityHashMap<>();
  private final long timer;

  private static final class Waiting {
    private int requests;
    private long due;
  }

  /**
   * Looks until it is closed.
   *
   * @param firstMillis time for a connection's first header
   */
  HeadPatience(Vertx vertx, long firstMillis) {
    this.vertx = vertx;
    this.firstNanos = TimeUnit.MILLISECONDS.toNanos(firstMillis);
    long tick = Math.max(1, Math.min(MOST_TICK_MILLIS, firstMillis / 2));
    this.timer = vertx.setPeriodic(tick, now -> look());
  }

  void opened(HttpConnection connection) {
    var waiting = new Waiting();
    waiting.due = System.nanoTime() + firstNanos;
    connections.put(connection, waiting);
  }

  void closed(HttpConnection connection) {
    connections.remove(connection);
  }

  /** The header of {@code request} is whole; what is returned runs once its answer has ended. */
  Runnable began(HttpServerRequest request) {
    Waiting waiting = connections.get(request.connection());
    if (waiting == null) {
      return () -> {};
    }
    waiting.requests++;
    return () -> {
      waiting.requests--;
      waiting.due = System.nanoTime() + IDLE_NANOS;
    };
  }

  private void look() {
    long now = System.nanoTime();
    connections.forEach(
        (connection, waiting) -> {
          if (waiting.requests == 0 && now - waiting.due > 0) {
            // Its close handler takes it out of the map, but not within this loop.
            vertx.runOnContext(late -> connection.close());
            waiting.due = now + IDLE_NANOS;
          }
        });
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
