package dev.chitin.gateway.http;

import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.openapi.Operation;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One route: who may use it and what it takes.
 *
 * @param method its method
 * @param segments of its path; one in braces matches any one segment and names it, the last one
 *     with a star all that follow, at least one
 * @param scope what a caller needs, or null for the few routes that are open to all
 * @param body what its body is
 * @param handler what answers
 * @param takesIdempotencyKey whether {@code Idempotency-Key} is honoured; elsewhere it is refused
 * @param bodyBytes size of the largest body; 0 for the edge's own bound
 * @param details whether an open route tells more to who brings a credential
 * @param operation what it does, for {@code /openapi.json}; only routes of the administration
 *     socket go without
 */
record Route(
    HttpMethod method,
    List<String> segments,
    @Nullable Scope scope,
    Body body,
    Handler handler,
    boolean takesIdempotencyKey,
    int bodyBytes,
    boolean details,
    @Nullable Operation operation) {

  /** What a route takes as its body. */
  enum Body {
    NONE,
    JSON,
    /** JSON that the handler reads itself. */
    JSON_UNREAD,
    /** Bytes that the handler reads itself: no other handler sees them. */
    OCTETS
  }

  /** Answers a request that passed every check. */
  @FunctionalInterface
  interface Handler {
    void handle(Exchange exchange);
  }

  static Route of(HttpMethod method, String path, Scope scope, Body body, Handler handler) {
    return new Route(method, split(path), scope, body, handler, false, 0, false, null);
  }

  static Route open(HttpMethod method, String path, Handler handler) {
    return new Route(method, split(path), null, Body.NONE, handler, false, 0, false, null);
  }

  /** The same, honouring {@code Idempotency-Key}. */
  Route withIdempotencyKey() {
    return new Route(method, segments, scope, body, handler, true, bodyBytes, details, operation);
  }

  /** The same with a bound of its own for the body. */
  Route withBodyBytes(int bytes) {
    return new Route(
        method, segments, scope, body, handler, takesIdempotencyKey, bytes, details, operation);
  }

  /** The same open route, telling more to who brings a credential; a wrong one is refused. */
  Route withDetails() {
    return new Route(
        method, segments, scope, body, handler, takesIdempotencyKey, bodyBytes, true, operation);
  }

  /** The same, described. */
  Route described(Operation operation) {
    return new Route(
        method, segments, scope, body, handler, takesIdempotencyKey, bodyBytes, details, operation);
  }

  /** The path as it is written here: with names in braces, never with a request's own text. */
  String template() {
    return "/" + String.join("/", segments);
  }

  static List<String> split(String path) {
    return List.of(path.substring(1).split("/", -1));
  }
}
