package dev.chitin.gateway.http;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.SecretInput;
import dev.chitin.vault.memory.ZeroingAllocator;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.buffer.BufferInternal;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads a secret from a request straight into secret memory, wiping each piece as it goes. No other
 * handler sees the body, and no part of it becomes a string. Used on one event loop.
 */
final class SecretBody {
  /** The longest secret with each of its bytes written as an escape of six, and room around it. */
  static final int MOST_BYTES = 6 * SecretBytes.MAX_BYTES + 1_024;

  private final HttpServerRequest request;
  private final SecretInput input = new SecretInput();
  private final @Nullable SecretJson json;
  private final Promise<SecretBytes> read = Promise.promise();

  /** What the body is. */
  enum Kind {
    /** The secret's bytes as they are. */
    OCTETS,
    /** {@code {"value":"…"}}. */
    JSON;

    /**
     * The kind of a media type.
     *
     * @throws ChitinException {@code request.unsupported_media_type} for any other
     */
    static Kind of(@Nullable String mediaType) {
      String type =
          mediaType == null ? "" : mediaType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
      return switch (type) {
        case "application/octet-stream" -> OCTETS;
        case "application/json" -> JSON;
        default ->
            throw Problem.of(
                    ProblemCode.REQUEST_UNSUPPORTED_MEDIA_TYPE,
                    "A secret is sent as application/octet-stream or application/json.")
                .withHint("Send the bytes themselves, or {\"value\":\"...\"}.")
                .toException();
      };
    }
  }

  SecretBody(HttpServerRequest request, Kind kind) {
    this.request = request;
    this.json = kind == Kind.JSON ? new SecretJson(input) : null;
  }

  /** The secret; whoever gets it wipes it. */
  Future<SecretBytes> read() {
    request.handler(this::take);
    request.exceptionHandler(broken -> fail("The body did not arrive whole."));
    request.endHandler(end -> finish());
    return read.future().onComplete(done -> input.close());
  }

  /** Gives up on a body that does not come. */
  void tooSlow() {
    read.tryFail(
        Problem.of(ProblemCode.REQUEST_TIMEOUT, "The body did not arrive in time.").toException());
  }

  private void fail(String detail) {
    read.tryFail(Problem.of(ProblemCode.REQUEST_MALFORMED, detail).toException());
  }

  private void take(Buffer piece) {
    ByteBuf bytes = ((BufferInternal) piece).getByteBuf();
    try {
      if (!read.future().isComplete()) {
        add(bytes);
      }
    } catch (ChitinException refused) {
      read.tryFail(refused);
    } finally {
      bytes.setZero(0, bytes.capacity());
      ZeroingAllocator.finish(piece);
    }
  }

  private void add(ByteBuf bytes) {
    if (json == null) {
      input.add(MemorySegment.ofBuffer(bytes.nioBuffer()));
      return;
    }
    for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
      json.add(bytes.getByte(i));
    }
  }

  private void finish() {
    if (read.future().isComplete()) {
      return;
    }
    try {
      if (json != null) {
        json.end();
      }
      SecretBytes secret = input.finish();
      if (!read.tryComplete(secret)) {
        secret.close();
      }
    } catch (ChitinException refused) {
      read.tryFail(refused);
    }
  }
}
