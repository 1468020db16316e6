package dev.chitin.gateway.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Set;

/**
 * What pages of other origins may do (Fetch standard, CORS protocol): those that the operator lists
 * may call and read the answers, no others. Origins are compared as whole strings; there is no
 * wildcard, {@code null} is never one of them, and cookies are never asked for.
 */
final class Cors {
  private static final String ALLOWED_FIELDS =
      "authorization, content-type, accept, x-api-key, prefer, idempotency-key, chitin-timeout-ms, last-event-id,"
          + " chitin-session, chitin-tool-loop,"
          + " mcp-session-id, mcp-protocol-version, anthropic-version, anthropic-beta";
  private static final String EXPOSED_FIELDS =
      "x-request-id, request-id, location, retry-after, ratelimit, ratelimit-policy,"
          + " mcp-session-id, idempotency-replayed, preference-applied, x-should-retry,"
          + " chitin-call-id, chitin-loop-turns, chitin-loop-calls";
  private static final String MAX_AGE_SECONDS = "600";

  private final Set<String> origins;

  Cors(Set<String> origins) {
    this.origins = Set.copyOf(origins);
  }

  boolean allows(String origin) {
    return origins.contains(origin);
  }

  /** Lets a page of an allowed origin read the answer; tells caches that it depends on that. */
  void mark(HttpServerRequest request) {
    if (origins.isEmpty()) {
      return;
    }
    HttpServerResponse response = request.response();
    response.putHeader("vary", "Origin");
    String origin = request.getHeader("origin");
    if (origin != null && allows(origin)) {
      response
          .putHeader("access-control-allow-origin", origin)
          .putHeader("access-control-expose-headers", EXPOSED_FIELDS);
    }
  }

  /** Whether a browser asks what it may do, and not for anything yet. */
  static boolean isPreflight(HttpServerRequest request) {
    return request.method().equals(HttpMethod.OPTIONS)
        && request.headers().contains("origin")
        && request.headers().contains("access-control-request-method");
  }

  /**
   * Answers it.
   *
   * @param methods what the path takes, comma-separated
   */
  void answerPreflight(HttpServerRequest request, String methods) {
    HttpServerResponse response = request.response().setStatusCode(204);
    String origin = request.getHeader("origin");
    if (origin != null && allows(origin)) {
      response
          .putHeader("access-control-allow-methods", methods)
          .putHeader("access-control-allow-headers", ALLOWED_FIELDS)
          .putHeader("access-control-max-age", MAX_AGE_SECONDS);
    }
    response.end();
  }
}
