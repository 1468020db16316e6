package dev.chitin.gateway.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.IdentityHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Ends connections that keep the next request's header from coming: it has a short time from its
 * first byte on, in a new connection from the connection's beginning on, and one between requests
 * has the idle time. An idle timeout alone is fed by one byte now and then (slow loris). Confined
 * to one event loop.
 */
final class HeadPatience implements AutoCloseable {
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(75);
  private static final long MOST_TICK_MILLIS = 500;

  private final Vertx vertx;
  private final long headNanos;
  private final IdentityHashMap<HttpConnection, Waiting> connections = new IdentityHashMap<>();
  private final long timer;

  private static final class Waiting {
    private int requests;
    private long due;

    /** Whether bytes came since the last request's answer ended. */
    private boolean heard;

    /** Whether what is due is the end of a header that has begun. */
    private boolean begun = true;
  }

  /**
   * Looks until it is closed.
   *
   * @param headMillis time for a header
   */
  HeadPatience(Vertx vertx, long headMillis) {
    this.vertx = vertx;
    this.headNanos = TimeUnit.MILLISECONDS.toNanos(headMillis);
    long tick = Math.max(1, Math.min(MOST_TICK_MILLIS, headMillis / 2));
    this.timer = vertx.setPeriodic(tick, now -> look());
  }

  /** A new connection; what is returned is to run whenever bytes came on it. */
  Runnable opened(HttpConnection connection) {
    var waiting = new Waiting();
    waiting.due = System.nanoTime() + headNanos;
    connections.put(connection, waiting);
    return () -> waiting.heard = true;
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
      waiting.heard = false;
      waiting.begun = false;
      waiting.due = System.nanoTime() + IDLE_NANOS;
    };
  }

  private void look() {
    long now = System.nanoTime();
    connections.forEach(
        (connection, waiting) -> {
          if (waiting.requests > 0) {
            return;
          }
          if (waiting.heard && !waiting.begun) {
            waiting.begun = true;
            waiting.due = now + headNanos;
          }
          if (now - waiting.due > 0) {
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
