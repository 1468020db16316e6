package dev.chitin.sandbox.http;

import dev.chitin.bus.Bytes;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.internal.buffer.BufferInternal;
import org.jspecify.annotations.Nullable;

/**
 * Writes a request's body in slices as fast as the server takes them, so that no second copy of a
 * large one is made.
 */
final class SlicedBody {
  private static final int SLICE = 64 * 1024;

  private final HttpClientRequest request;
  private final Runnable progress;
  private Bytes body;
  private final Promise<Void> written = Promise.promise();
  private int done;

  /**
   * @param progress runs whenever the server has taken a slice
   */
  SlicedBody(HttpClientRequest request, Bytes body, Runnable progress) {
    this.request = request;
    this.progress = progress;
    this.body = body;
  }

  /** Writes it and ends the request. */
  Future<Void> write() {
    if (body.length() == 0) {
      request.end().onComplete(written);
      return written.future();
    }
    request.putHeader("content-length", Integer.toString(body.length()));
    request.exceptionHandler(written::tryFail);
    request.drainHandler(room -> next());
    next();
    // The request lives as long as its answer does, and its body need not.
    return written.future().onComplete(sent -> body = Bytes.EMPTY);
  }

  private void next() {
    while (done < body.length() && !request.writeQueueFull() && !written.future().isComplete()) {
      int length = Math.min(SLICE, body.length() - done);
      var slice =
          BufferInternal.buffer(Unpooled.wrappedBuffer(body.borrow(), done, length).asReadOnly());
      done += length;
      if (done == body.length()) {
        request.end(slice).onComplete(end -> end(end.cause()));
      } else {
        request.write(slice).onSuccess(taken -> progress.run()).onFailure(written::tryFail);
      }
    }
  }

  private void end(@Nullable Throwable failure) {
    if (failure == null) {
      progress.run();
      written.tryComplete();
    } else {
      written.tryFail(failure);
    }
  }
}
