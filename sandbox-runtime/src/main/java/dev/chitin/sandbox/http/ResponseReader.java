package dev.chitin.sandbox.http;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputText;
import dev.chitin.vault.memory.ZeroingAllocator;
import dev.chitin.vault.scrub.Scrubber;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads one response up to a bound and takes the injected secrets out of it. A response with a
 * content coding that was not asked for cannot be looked into and is not shown when a secret was
 * injected.
 */
final class ResponseReader {
  private static final Set<String> HIDDEN = Set.of("set-cookie", "connection", "keep-alive");

  private final HttpClientResponse response;
  private final Scrubber scrubber;
  private final Scrubber.Stream body;
  private final long bound;
  private final Promise<Outcome> ended = Promise.promise();
  private long seen;

  /**
   * @param scrubber knows what was put into the request
   */
  ResponseReader(HttpClientResponse response, Scrubber scrubber, long bound) {
    this.response = response;
    this.scrubber = scrubber;
    this.body = scrubber.stream();
    this.bound = bound;
  }

  Future<Outcome> read() {
    response.handler(this::take);
    response.exceptionHandler(ended::tryFail);
    response.endHandler(
        end -> {
          if (!ended.future().isComplete()) {
            ended.tryComplete(outcome());
          }
        });
    return ended.future().onComplete(done -> body.close());
  }

  /** Pieces of a connection that carried a secret lie outside the heap and are wiped here. */
  private void take(Buffer piece) {
    ByteBuf bytes = ((BufferInternal) piece).getByteBuf();
    try {
      if (!ended.future().isComplete()) {
        long room = bound - seen;
        seen += piece.length();
        int length = (int) Math.min(piece.length(), Math.max(0, room));
        body.add(MemorySegment.ofBuffer(bytes.nioBuffer(bytes.readerIndex(), length)));
        if (seen > bound) {
          ended.tryComplete(outcome());
        }
      }
    } catch (RuntimeException e) {
      ended.tryFail(e);
    } finally {
      ZeroingAllocator.finish(piece);
    }
  }

  private Outcome outcome() {
    boolean cut = seen > bound;
    byte[] whole = body.end(cut);
    body.close();
    boolean shown = scrubber.possible() && inspectable();
    byte[] clean = shown ? whole : new byte[0];
    JsonValue.Builder output =
        JsonValue.object()
            .put("status", response.statusCode())
            .put("headers", headers(shown))
            .put("bytes", seen)
            .put("truncated", cut);
    OutputText.put(output, "body", "encoding", clean);
    if (!shown) {
      output.put("withheld", "a secret was sent and the answer cannot be searched for it");
    }
    return new Outcome("exit 0", 0, Bytes.EMPTY, Bytes.EMPTY, 0, 0, output.build(), List.of());
  }

  private boolean inspectable() {
    return scrubber.isEmpty() || Codings.areNone(response.headers());
  }

  private JsonValue.Obj headers(boolean shown) {
    Map<String, String> fields = new TreeMap<>();
    for (Map.Entry<String, String> field : response.headers()) {
      String name = field.getKey().toLowerCase(Locale.ROOT);
      if (shown && !HIDDEN.contains(name)) {
        byte[] clean = scrubber.whole(field.getValue().getBytes(StandardCharsets.ISO_8859_1));
        fields.merge(name, new String(clean, StandardCharsets.ISO_8859_1), (a, b) -> a + ", " + b);
      }
    }
    JsonValue.Builder object = JsonValue.object();
    fields.forEach(object::put);
    return object.build();
  }
}
