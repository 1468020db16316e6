package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretBytes;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Reads a secret from a request straight into native memory, wiping each piece as it goes. */
final class SecretBody {
  private final HttpServerRequest request;
  private final SecretBytes room = SecretBytes.allocate(SecretBytes.MAX_BYTES);
  private final Promise<SecretBytes> read = Promise.promise();
  private long length;

  SecretBody(HttpServerRequest request) {
    this.request = request;
  }

  /** The secret; whoever gets it wipes it. */
  Future<SecretBytes> read() {
    request.handler(this::take);
    request.exceptionHandler(
        broken ->
            read.tryFail(
                Problem.of(ProblemCode.REQUEST_MALFORMED, "The body did not arrive whole.")
                    .toException()));
    request.endHandler(end -> finish());
    return read.future().onComplete(done -> room.close());
  }

  private void take(Buffer piece) {
    byte[] bytes = piece.getBytes();
    for (int i = 0; i < piece.length(); i++) {
      piece.setByte(i, (byte) 0);
    }
    if (read.future().isComplete()) {
      Arrays.fill(bytes, (byte) 0);
      return;
    }
    if (length + bytes.length > SecretBytes.MAX_BYTES) {
      read.tryFail(
          Problem.of(
                  ProblemCode.REQUEST_TOO_LARGE,
                  "A secret has at most " + SecretBytes.MAX_BYTES + " bytes.")
              .toException());
    } else {
      MemorySegment.copy(bytes, 0, room.segment(), ValueLayout.JAVA_BYTE, length, bytes.length);
      length += bytes.length;
    }
    Arrays.fill(bytes, (byte) 0);
  }

  private void finish() {
    if (read.future().isComplete()) {
      return;
    }
    SecretBytes secret = SecretBytes.allocate(length);
    MemorySegment.copy(room.segment(), 0, secret.segment(), 0, length);
    if (!read.tryComplete(secret)) {
      secret.close();
    }
  }
}
