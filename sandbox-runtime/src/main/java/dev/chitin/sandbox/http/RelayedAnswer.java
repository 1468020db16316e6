package dev.chitin.sandbox.http;

import dev.chitin.vault.memory.ZeroingAllocator;
import dev.chitin.vault.scrub.Scrubber;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is passed on while it comes, without the credential that went out. What came is
 * given on at once, but for an end with which the credential may begin. It ends by its end, by a
 * failure or by {@link #reset}; then what was looked for is wiped. Used on one event loop.
 */
public final class RelayedAnswer {
  private final HttpClientRequest request;
  private final HttpClientResponse response;
  private final Scrubber scrubber;
  private final Scrubber.Stream clean;
  private boolean over;

  RelayedAnswer(HttpClientRequest request, HttpClientResponse response, Scrubber scrubber) {
    this.request = request;
    this.response = response;
    this.scrubber = scrubber;
    this.clean = scrubber.stream();
  }

  public int status() {
    return response.statusCode();
  }

  /** A header field without the credential, or null when there is none of that name. */
  public @Nullable String header(String name) {
    String value = response.getHeader(name);
    return value == null ? null : clean(value);
  }

  /** The fields' names as they came, but for those in which the credential stands. */
  public Iterable<String> headerNames() {
    return response.headers().names().stream().filter(name -> clean(name).equals(name)).toList();
  }

  private String clean(String value) {
    byte[] bytes = scrubber.whole(value.getBytes(StandardCharsets.ISO_8859_1));
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Whether what comes can be searched for the credential: it came without a coding. */
  public boolean isInspectable() {
    return scrubber.isEmpty() || Codings.areNone(response.headers());
  }

  /**
   * Begins.
   *
   * @param pieces takes each piece, maybe empty
   * @param end runs when the answer came whole, after the last piece
   * @param failure takes why it did not come whole
   */
  public void begin(Handler<Buffer> pieces, Runnable end, Handler<Throwable> failure) {
    response.handler(piece -> take(piece, pieces, failure));
    response.endHandler(
        done -> {
          if (!over) {
            byte[] rest = clean.end(false);
            close();
            pieces.handle(Buffer.buffer(rest));
            end.run();
          }
        });
    response.exceptionHandler(
        broken -> {
          if (!over) {
            close();
            failure.handle(broken);
          }
        });
    response.resume();
  }

  /** Pieces of a connection that carried a secret lie outside the heap and are wiped here. */
  private void take(Buffer piece, Handler<Buffer> pieces, Handler<Throwable> failure) {
    ByteBuf bytes = ((BufferInternal) piece).getByteBuf();
    try {
      if (!over) {
        clean.add(
            MemorySegment.ofBuffer(bytes.nioBuffer(bytes.readerIndex(), bytes.readableBytes())));
        pieces.handle(Buffer.buffer(clean.take()));
      }
    } catch (RuntimeException e) {
      reset();
      failure.handle(e);
    } finally {
      ZeroingAllocator.finish(piece);
    }
  }

  public void pause() {
    response.pause();
  }

  public void resume() {
    response.resume();
  }

  /** Ends the exchange at once, at the server too. Harmless when it is over. */
  public void reset() {
    if (!over) {
      close();
      // Before begin() nobody listens, and that this side ended it is no fault to be told.
      response.exceptionHandler(ended -> {});
      Abort.now(request, null);
    }
  }

  private void close() {
    over = true;
    clean.close();
    scrubber.close();
  }
}
