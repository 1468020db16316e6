package dev.chitin.gateway.quickstart;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A server on loopback that wants a bearer token. It keeps the digest of the token that it got, and
 * sends the token itself back, as a careless server would, so that its redaction can be seen.
 */
final class DemoServer implements AutoCloseable {
  private final HttpServer server;
  private final AtomicReference<@Nullable Digest> received = new AtomicReference<>();

  private DemoServer(HttpServer server) {
    this.server = server;
  }

  /** Starts it on a free port. Blocks. */
  static DemoServer start(Vertx vertx) {
    var demo = new DemoServer(vertx.createHttpServer());
    demo.server.requestHandler(demo::answer);
    demo.server.listen(0, "127.0.0.1").await();
    return demo;
  }

  int port() {
    return server.actualPort();
  }

  /** The digest of the last token that came. */
  Optional<Digest> received() {
    return Optional.ofNullable(received.get());
  }

  private void answer(HttpServerRequest request) {
    String field = request.getHeader("authorization");
    String token = field != null && field.startsWith("Bearer ") ? field.substring(7) : "";
    Digest digest = Digest.of(token.getBytes(StandardCharsets.ISO_8859_1));
    received.set(digest);
    request
        .response()
        .putHeader("content-type", "application/json")
        .end(
            Buffer.buffer(
                CanonicalJson.string(
                    JsonValue.object()
                        .put("youSent", token)
                        .put("sha256", digest.toHex())
                        .build())));
  }

  @Override
  public void close() {
    server.close().await();
  }
}
