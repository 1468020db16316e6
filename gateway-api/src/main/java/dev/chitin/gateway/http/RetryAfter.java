package dev.chitin.gateway.http;

import dev.chitin.bus.ProblemCode;

/** Which refusals pass, so that a client is asked to come again (RFC 9110, section 10.2.3). */
final class RetryAfter {
  private RetryAfter() {}

  /** Whether the same request may be answered soon that is now refused with {@code code}. */
  static boolean helps(ProblemCode code) {
    return switch (code) {
      case IDEMPOTENCY_IN_PROGRESS, AUDIT_KEY_ROTATING -> true;
      case IDEMPOTENCY_FULL -> false; // Not for hours.
      default -> code.status() == 429 || code.status() == 503;
    };
  }
}
