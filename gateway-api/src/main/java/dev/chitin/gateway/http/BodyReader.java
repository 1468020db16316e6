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

/**
 * Reads a request's body within a size and a time, and within the memory that all bodies of an
 * event loop may take, from their first byte to the end of their answer.
 */
final class BodyReader {
  /** Bytes of all event loops; far below the heap that a gateway is given. */
  private static final long MOST = 128L << 20;

  private final Timeouts timeouts;
  private final int limit;
  private final Duration patience;
  private final long most;
  private long held;

  /**
   * @param timeouts of the event loop on which bodies are read
   */
  BodyReader(Timeouts timeouts, int limit, Duration patience) {
    this(
        timeouts,
        limit,
        patience,
        Math.max(2L * limit, MOST / Runtime.getRuntime().availableProcessors()));
  }

  /**
   * @param most bytes of all bodies
   */
  BodyReader(Timeouts timeouts, int limit, Duration patience, long most) {
    this.timeouts = timeouts;
    this.limit = limit;
    this.patience = patience;
    this.most = most;
  }

  /** What the body of one request has of the memory for all of them. */
  final class Hold implements AutoCloseable {
    private int bytes;

    private boolean grow(int more) {
      if (held + more > most) {
        return false;
      }
      held += more;
      bytes += more;
      return true;
    }

    /** Gives it back: the request has its answer, or its client is gone. */
    @Override
    public void close() {
      held -= bytes;
      bytes = 0;
    }
  }

  /** One that holds nothing yet. */
  Hold hold() {
    return new Hold();
  }

  /**
   * The body, or {@code request.too_large}, {@code request.timeout} or {@code gateway.overloaded};
   * completes on the context from which it is called, the request's.
   *
   * @param hold grows with what comes
   */
  Future<Bytes> read(HttpServerRequest request, Hold hold) {
    Promise<Bytes> read = ContextInternal.current().promise();
    Buffer body = Buffer.buffer();
    timeouts.watch(Deadline.after(patience), read, this::tooSlow);
    request.handler(
        piece -> {
          if (body.length() + piece.length() > limit) {
            read.tryFail(tooLarge(limit));
          } else if (!read.future().isComplete()) {
            if (hold.grow(piece.length())) {
              body.appendBuffer(piece);
            } else {
              read.tryFail(full());
            }
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

  private static RuntimeException full() {
    return Problem.of(
            ProblemCode.GATEWAY_OVERLOADED,
            "The gateway already holds as many bytes of requests as it may.")
        .withHint("Ask again when others have been answered.")
        .toException();
  }

  private RuntimeException tooSlow() {
    return Problem.of(
            ProblemCode.REQUEST_TIMEOUT,
            "The body did not arrive within " + patience.toMillis() + " ms.")
        .toException();
  }
}
