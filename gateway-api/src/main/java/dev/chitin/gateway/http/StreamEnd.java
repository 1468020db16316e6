package dev.chitin.gateway.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;

/** The end of a stream that its client may not read. */
final class StreamEnd {
  /** An answer that is not whole (RFC 9113, section 7). */
  private static final long CANCEL = 8;

  private StreamEnd() {}

  /**
   * Ends the answer of {@code exchange} when there is room for its end, since of one that has ended
   * nothing can be taken back; who has made no room after {@code millis} is cut off.
   */
  static void whenRead(Exchange exchange, long millis) {
    HttpServerResponse response = exchange.response();
    if (!response.writeQueueFull()) {
      response.end();
      return;
    }
    Vertx vertx = exchange.context().owner();
    long timer = vertx.setTimer(millis, late -> cutOff(exchange.request()));
    response.drainHandler(
        room -> {
          if (vertx.cancelTimer(timer)) {
            response.end();
          }
        });
  }

  /** In HTTP/2 the other streams of the connection go on. */
  private static void cutOff(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      request.response().reset(CANCEL);
    } else {
      UnsentAnswers.close(request.connection());
    }
  }
}
