package dev.chitin.gateway.openapi;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The header fields that answers have because of their status and of who may ask. */
final class AnswerHeaders {
  /** Statuses that come with a time after which to ask again. */
  private static final Set<Integer> WAITS = Set.of(202, 409, 429, 503);

  private AnswerHeaders() {}

  /**
   * What they say, by name; without those that stand on each answer to forbid things to browsers.
   */
  static Map<String, String> of(OpenApiDocument.Described route, int status) {
    Map<String, String> fields = new TreeMap<>();
    if (route.asksModels()) {
      if (WAITS.contains(status) || status == 529) {
        fields.put("Retry-After", "Seconds to wait.");
      }
      return fields; // The others are those of the vendors, and theirs to describe.
    }
    fields.put("X-Request-Id", "The request's id, as in the gateway's own log.");
    if (status == 401) {
      fields.put("WWW-Authenticate", "How to authenticate.");
    } else if (route.scope() != null) {
      fields.put("RateLimit-Policy", "How often one may ask.");
      fields.put("RateLimit", "How often still, and when again as before.");
    }
    if (WAITS.contains(status)) {
      fields.put("Retry-After", "Seconds to wait.");
    }
    if (route.calls()) {
      fields.put("Idempotency-Replayed", "true when the first answer is given again.");
    }
    return fields;
  }
}
