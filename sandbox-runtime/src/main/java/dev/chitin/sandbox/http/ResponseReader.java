package dev.chitin.sandbox.http;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputText;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
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
  private final List<Injection> injections;
  private final long bound;
  private final Buffer body = Buffer.buffer();
  private final Promise<Outcome> ended = Promise.promise();
  private long seen;

  ResponseReader(HttpClientResponse response, List<Injection> injections, long bound) {
    this.response = response;
    this.injections = injections;
    this.bound = bound;
  }

  Future<Outcome> read() {
    response.handler(this::take);
    response.exceptionHandler(ended::tryFail);
    response.endHandler(end -> ended.tryComplete(outcome()));
    return ended.future();
  }

  private void take(Buffer piece) {
    seen += piece.length();
    long room = bound - body.length();
    if (piece.length() <= room) {
      body.appendBuffer(piece);
    } else {
      body.appendBuffer(piece, 0, (int) room);
      ended.tryComplete(outcome());
    }
  }

  private Outcome outcome() {
    boolean shown = injections.stream().allMatch(i -> i.redaction().possible()) && inspectable();
    byte[] clean = shown ? redact(body.getBytes()) : new byte[0];
    JsonValue.Builder output =
        JsonValue.object()
            .put("status", response.statusCode())
            .put("headers", headers(shown))
            .put("bytes", seen)
            .put("truncated", seen > body.length());
    OutputText.put(output, "body", "encoding", clean);
    if (!shown) {
      output.put("withheld", "a secret was sent and the answer cannot be searched for it");
    }
    return new Outcome("exit 0", 0, Bytes.EMPTY, Bytes.EMPTY, 0, 0, output.build(), List.of());
  }

  private boolean inspectable() {
    String coding = response.getHeader("content-encoding");
    return injections.isEmpty() || coding == null || coding.equalsIgnoreCase("identity");
  }

  private JsonValue.Obj headers(boolean shown) {
    Map<String, String> fields = new TreeMap<>();
    for (Map.Entry<String, String> field : response.headers()) {
      String name = field.getKey().toLowerCase(Locale.ROOT);
      if (shown && !HIDDEN.contains(name)) {
        byte[] clean = redact(field.getValue().getBytes(StandardCharsets.ISO_8859_1));
        fields.merge(name, new String(clean, StandardCharsets.ISO_8859_1), (a, b) -> a + ", " + b);
      }
    }
    JsonValue.Builder object = JsonValue.object();
    fields.forEach(object::put);
    return object.build();
  }

  private byte[] redact(byte[] bytes) {
    byte[] clean = bytes;
    boolean cut = seen > body.length();
    for (Injection injection : injections) {
      Redaction redaction = injection.redaction();
      clean = cut ? redaction.applyToCut(clean) : redaction.apply(clean);
    }
    return clean;
  }
}
