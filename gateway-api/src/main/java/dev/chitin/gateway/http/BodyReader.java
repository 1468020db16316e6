package dev.chitin.gateway.http;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.Timeouts;
import dev.chitin.vault.memory.ZeroingAllocator;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;

/** Reads a request's body within a size and a time. */
final class BodyReader {
  private final Timeouts timeouts;
  private final int limit;
  private final Duration patience;

  /**
   * @param timeouts of the event loop on which bodies are read
   */
  BodyReader(Timeouts timeouts, int limit, Duration patience) {
    this.timeouts = timeouts;
    this.limit = limit;
    this.patience = patience;
  }

  /**
   * The body, or {@code request.too_large} or {@code request.timeout}; completes on the context
   * from which it is called, the request's.
   */
  Future<Bytes> read(HttpServerRequest request) {
    Promise<Bytes> read = ContextInternal.current().promise();
    Buffer body = Buffer.buffer();
    timeouts.watch(Deadline.after(patience), read, this::tooSlow);
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
    return read.future();
  }

  static RuntimeException tooLarge(long limit) {
    return Problem.of(ProblemCode.REQUEST_TOO_LARGE, "The body is larger than " + limit + " bytes.")
        .withHint("Send less, or raise gateway.limits.body_bytes.")
        .toException();
  }

  private RuntimeException tooSlow() {
    return Problem.of(
            ProblemCode.REQUEST_TIMEOUT,
            "The body did not arrive within " + patience.toMillis() + " ms.")
        .toException();
  }
}
