package dev.chitin.gateway.http;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.llm.BodyRoom;
import dev.chitin.vault.memory.ZeroingAllocator;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Arrays;

/**
 * Reads the body of a request to a model provider into the one array that is checked and sent on.
 * Room grows with what has come, not with what was announced, and is taken from the room of all
 * such bodies first.
 */
final class LlmBodyReader {
  private static final int FIRST = 16 * 1024;

  private final Vertx vertx;
  private final int limit;
  private final long timeoutMillis;

  LlmBodyReader(Vertx vertx, int limit, long timeoutMillis) {
    this.vertx = vertx;
    this.limit = limit;
    this.timeoutMillis = timeoutMillis;
  }

  /**
   * The body, or {@code request.too_large}, {@code request.timeout} or {@code gateway.overloaded}.
   *
   * @param share takes the room; its owner gives it back, after a failure too
   */
  Future<Bytes> read(HttpServerRequest request, BodyRoom.Share share) {
    Promise<Bytes> read = Promise.promise();
    var body = new Collected(share, announced(request));
    long timer = vertx.setTimer(timeoutMillis, late -> read.tryFail(tooSlow()));
    request.handler(
        piece -> {
          try {
            if (!read.future().isComplete()) {
              body.add(piece);
            }
          } catch (RuntimeException e) {
            read.tryFail(e);
          } finally {
            ZeroingAllocator.finish(piece);
          }
        });
    request.exceptionHandler(
        broken ->
            read.tryFail(
                Problem.of(ProblemCode.REQUEST_MALFORMED, "The body did not arrive whole.")
                    .toException()));
    request.endHandler(
        end -> {
          if (!read.future().isComplete()) {
            read.tryComplete(body.whole());
          }
        });
    return read.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  /** What the client says that will come; -1 when it does not say. The edge has checked it. */
  private static int announced(HttpServerRequest request) {
    String length = request.getHeader("content-length");
    return length == null ? -1 : Integer.parseInt(length);
  }

  private RuntimeException tooSlow() {
    return Problem.of(
            ProblemCode.REQUEST_TIMEOUT, "The body did not arrive within " + timeoutMillis + " ms.")
        .toException();
  }

  private RuntimeException tooLarge() {
    return Problem.of(ProblemCode.REQUEST_TOO_LARGE, "The body is larger than " + limit + " bytes.")
        .withHint("Send less, or raise gateway.limits.llm_body_bytes.")
        .toException();
  }

  /** Bytes that came so far. */
  private final class Collected {
    private final BodyRoom.Share share;
    private final int announced;
    private byte[] bytes = new byte[0];
    private int length;

    Collected(BodyRoom.Share share, int announced) {
      this.share = share;
      this.announced = announced;
    }

    void add(Buffer piece) {
      int needed = length + piece.length();
      if (needed > limit) {
        throw tooLarge();
      }
      if (needed > bytes.length) {
        int doubled = Math.max(FIRST, Math.max(needed, 2 * bytes.length));
        int most = announced >= needed ? announced : limit;
        int size = Math.min(doubled, most);
        share.grow(size);
        bytes = Arrays.copyOf(bytes, size);
      }
      ByteBuf from = ((BufferInternal) piece).getByteBuf();
      from.getBytes(from.readerIndex(), bytes, length, piece.length());
      length = needed;
    }

    Bytes whole() {
      byte[] all = bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
      share.grow(length);
      return Bytes.adopt(all);
    }
  }
}
