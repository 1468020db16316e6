package dev.chitin.gateway.http;

import dev.chitin.vault.memory.ZeroingAllocator;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/**
 * Lets a client that was refused early read its answer: what it still sends is dropped, up to a
 * size and a time, and only then is the connection closed. Closing at once would reset the
 * connection under the answer.
 */
final class Lingering {
  private static final long MAX_BYTES = 16L << 20;
  private static final long MAX_MILLIS = 5_000;

  private final Vertx vertx;

  Lingering(Vertx vertx) {
    this.vertx = vertx;
  }

  /** Drops the rest of the body of a request that has its answer. */
  void drain(HttpServerRequest request) {
    if (request.isEnded()) {
      return;
    }
    if (request.getHeader("expect") != null) {
      end(request);
      return;
    }
    long timer = vertx.setTimer(MAX_MILLIS, late -> end(request));
    long[] dropped = {0};
    request.handler(
        piece -> {
          dropped[0] += piece.length();
          ZeroingAllocator.finish(piece);
          if (dropped[0] > MAX_BYTES) {
            end(request);
          }
        });
    request.exceptionHandler(gone -> vertx.cancelTimer(timer));
    request.endHandler(end -> vertx.cancelTimer(timer));
  }

  /** In HTTP/2 the other streams of the connection go on. */
  private static void end(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      request.response().reset();
    } else {
      request.connection().close();
    }
  }
}
