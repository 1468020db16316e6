package dev.chitin.gateway.http;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.memory.ZeroingAllocator;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;

/** Reads a request's body within a size and a time. */
final class BodyReader {
  private final Vertx vertx;
  private final int limit;
  private final long timeoutMillis;

  BodyReader(Vertx vertx, int limit, long timeoutMillis) {
    this.vertx = vertx;
    this.limit = limit;
    this.timeoutMillis = timeoutMillis;
  }

  /** The body, or {@code request.too_large} or {@code request.timeout}. */
  Future<Bytes> read(HttpServerRequest request) {
    Promise<Bytes> read = Promise.promise();
    Buffer body = Buffer.buffer();
    long timer = vertx.setTimer(timeoutMillis, late -> read.tryFail(tooSlow()));
    request.handler(
        piece -> {
          if (body.length() + piece.length() > limit) {
            read.tryFail(tooLarge(limit));
          } else if (!read.future().isComplete()) {
            body.appendBuffer(piece);
          }
          ZeroingAllocator.finish(piece);
        });
    request.exceptionHandler(
        broken ->
            read.tryFail(
                Problem.of(ProblemCode.REQUEST_MALFORMED, "The body did not arrive whole.")
                    .toException()));
    request.endHandler(end -> read.tryComplete(Bytes.adopt(body.getBytes())));
    return read.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  static RuntimeException tooLarge(long limit) {
    return Problem.of(ProblemCode.REQUEST_TOO_LARGE, "The body is larger than " + limit + " bytes.")
        .withHint("Send less, or raise gateway.limits.body_bytes.")
        .toException();
  }

  private RuntimeException tooSlow() {
    return Problem.of(
            ProblemCode.REQUEST_TIMEOUT, "The body did not arrive within " + timeoutMillis + " ms.")
        .toException();
  }
}
