package dev.chitin.gateway.openapi;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The header fields that answers have because of their status and of who may ask; without those
 * that stand on each answer to forbid things to browsers.
 */
final class AnswerHeaders {
  /** Statuses that come with a time after which to ask again. */
  private static final Set<Integer> WAITS = Set.of(202, 409, 429, 503, 529);

  private static final String MOST = "How often one may ask.";
  private static final String LEFT = "How often still.";
  private static final String AGAIN = "When again as before.";

  private AnswerHeaders() {}

  /** What they say, by name. */
  static Map<String, String> of(OpenApiDocument.Described route, int status) {
    Map<String, String> fields = new TreeMap<>();
    fields.put("X-Request-Id", "The request's id, as in the gateway's own log.");
    if (status == 401) {
      fields.put("WWW-Authenticate", "How to authenticate.");
    }
    if (WAITS.contains(status)) {
      fields.put("Retry-After", "Seconds to wait.");
    }
    if (route.asksModels()) {
      ofModels(route, fields);
      return fields; // More may come from the provider, and is its to describe.
    }
    if (status != 401) {
      fields.put("RateLimit-Policy", MOST);
      fields.put("RateLimit", "How often still, and when again as before.");
    }
    if (route.calls()) {
      if (status == 409) {
        fields.put("Location", "Where the call of the first request can be looked at.");
      }
      fields.put("Idempotency-Replayed", "true when the first answer is given again.");
    }
    return fields;
  }

  /** In the words of the vendor whose libraries ask; {@code /v1/models} is asked by both. */
  private static void ofModels(OpenApiDocument.Described route, Map<String, String> fields) {
    fields.put("Chitin-Call-Id", "The call's id, as in the audit log.");
    fields.put("X-Should-Retry", "false when asking again is of no use.");
    if (route.isUnder("messages", "models")) {
      fields.put("Request-Id", "The request's id, as Anthropic's libraries look for it.");
      fields.put("Anthropic-RateLimit-Requests-Limit", MOST);
      fields.put("Anthropic-RateLimit-Requests-Remaining", LEFT);
      fields.put("Anthropic-RateLimit-Requests-Reset", AGAIN);
    }
    if (route.isUnder("chat", "responses", "models")) {
      fields.put("X-RateLimit-Limit-Requests", MOST);
      fields.put("X-RateLimit-Remaining-Requests", LEFT);
      fields.put("X-RateLimit-Reset-Requests", AGAIN);
    }
  }
}
