package dev.chitin.gateway.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/** The header fields that every answer has, and their names as they are sent: encoded once. */
final class AnswerFields {
  static final CharSequence CONTENT_TYPE = HttpHeaders.CONTENT_TYPE;
  static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");

  private static final CharSequence[][] STANDING = {
    field("cache-control", "no-store"),
    field("x-content-type-options", "nosniff"),
    field("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    field("referrer-policy", "no-referrer")
  };

  private AnswerFields() {}

  private static CharSequence[] field(String name, String value) {
    return new CharSequence[] {
      HttpHeaders.createOptimized(name), HttpHeaders.createOptimized(value)
    };
  }

  /** Keeps an answer out of caches and frames, and its type as it is said. */
  static void secure(HttpServerResponse response) {
    for (CharSequence[] field : STANDING) {
      response.putHeader(field[0], field[1]);
    }
  }
}
