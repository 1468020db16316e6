package dev.chitin.gateway.http;

import dev.chitin.gateway.llm.Dialect;
import dev.chitin.gateway.rate.RateLimit;
import dev.chitin.gateway.rate.RateLimiter;
import io.vertx.core.http.HttpServerResponse;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Tells clients of model providers how they stand with the gateway, in the fields that their
 * libraries know. The provider's own fields, when it sends them, take their place.
 */
final class VendorRateLimit {
  private VendorRateLimit() {}

  static void put(
      HttpServerResponse response, Dialect dialect, RateLimit limit, RateLimiter.Verdict verdict) {
    String most = Long.toString(limit.requestsPerMinute());
    String left = Long.toString(verdict.remaining());
    switch (dialect) {
      case ANTHROPIC ->
          response
              .putHeader("anthropic-ratelimit-requests-limit", most)
              .putHeader("anthropic-ratelimit-requests-remaining", left)
              .putHeader(
                  "anthropic-ratelimit-requests-reset",
                  Instant.now()
                      .plusSeconds(verdict.waitSeconds())
                      .truncatedTo(ChronoUnit.SECONDS)
                      .toString());
      case OPENAI ->
          response
              .putHeader("x-ratelimit-limit-requests", most)
              .putHeader("x-ratelimit-remaining-requests", left)
              .putHeader("x-ratelimit-reset-requests", verdict.waitSeconds() + "s");
    }
  }
}
