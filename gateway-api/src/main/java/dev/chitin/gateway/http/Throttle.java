package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.llm.Dialect;
import dev.chitin.gateway.rate.RateLimit;
import dev.chitin.gateway.rate.RateLimiter;
import dev.chitin.gateway.rate.RateLimits;
import dev.chitin.policy.Principal;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;

/**
 * Asks the buckets, and tells clients how they stand: {@code RateLimit-Policy} and {@code
 * RateLimit} (draft-ietf-httpapi-ratelimit-headers-10) on every answer to a principal and on every
 * refusal, {@code Retry-After} on that too. On the routes of model providers the names are the
 * vendors'.
 */
final class Throttle {
  private static final String HEALTH = "/health/";

  private final RateLimits limits;

  Throttle(RateLimits limits) {
    this.limits = limits;
  }

  /** Takes a token of the request's address, before anything is computed for it. */
  Optional<Problem> address(HttpServerRequest request) {
    boolean health = RequestGuard.path(request).startsWith(HEALTH);
    RateLimiter.Verdict verdict = limits.address(peer(request), health);
    if (verdict.allowed()) {
      return Optional.empty();
    }
    RateLimiter asked = health ? limits.health() : limits.addresses();
    say(request, health ? "health" : "address", asked.limit(), verdict);
    return Optional.of(refused(request, verdict, "address"));
  }

  /** A credential was not valid. */
  void failed(HttpServerRequest request) {
    limits.failed(peer(request));
  }

  /** Takes a token of the principal. */
  Optional<Problem> principal(HttpServerRequest request, Principal principal) {
    RateLimiter.Verdict verdict = limits.principal(principal.tenant() + "/" + principal.id());
    say(request, "default", limits.principals().limit(), verdict);
    return verdict.allowed()
        ? Optional.empty()
        : Optional.of(refused(request, verdict, "principal"));
  }

  private static void say(
      HttpServerRequest request, String policy, RateLimit limit, RateLimiter.Verdict verdict) {
    HttpServerResponse response = request.response();
    Optional<Dialect> dialect = Exchange.dialect(request);
    if (dialect.isPresent()) {
      VendorRateLimit.put(response, dialect.get(), limit, verdict);
    } else {
      response.putHeader(
          "ratelimit-policy", "\"" + policy + "\";q=" + limit.requestsPerMinute() + ";w=60");
      response.putHeader(
          "ratelimit",
          "\"" + policy + "\";r=" + verdict.remaining() + ";t=" + verdict.waitSeconds());
    }
  }

  private static Problem refused(
      HttpServerRequest request, RateLimiter.Verdict verdict, String whose) {
    request.response().putHeader("retry-after", Long.toString(verdict.waitSeconds()));
    return Problem.of(ProblemCode.RATE_LIMITED, "This " + whose + " asked too often.")
        .withRule("gateway.rate_limit")
        .withHint(
            "Ask again in "
                + verdict.waitSeconds()
                + " s, or raise gateway.rate_limit.requests_per_minute or burst.");
  }

  private static String peer(HttpServerRequest request) {
    return request.remoteAddress() == null || request.remoteAddress().hostAddress() == null
        ? ""
        : request.remoteAddress().hostAddress();
  }
}
