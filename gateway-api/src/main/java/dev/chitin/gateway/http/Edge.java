package dev.chitin.gateway.http;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.Timeouts;
import dev.chitin.gateway.Readiness;
import dev.chitin.gateway.auth.AuthFailures;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.auth.Verdict;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of every request: target and Host, route, credential, scope, size and media type, body;
 * the cheapest refusal first. Only then does a route's handler see it.
 */
final class Edge implements Handler<HttpServerRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(Edge.class);
  private static final Duration FAILURE_RECORD = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final RequestGuard guard;
  private final Cors cors;
  private final @Nullable Throttle throttle;
  private final RouteTable routes;
  private final CallerSource callers;
  private final AuthFailures failures;
  private final AuditLog audit;
  private final BodyReader bodies;
  private final Lingering lingering;
  private final EdgeBounds bounds;
  private final LiveSecrets live;
  private final RequestObserver observer;
  private final Readiness readiness;
  private final TurnedAway turnedAway;

  /** Where the caller of a request comes from; complete at once unless somebody must be asked. */
  @FunctionalInterface
  interface CallerSource {
    Future<Verdict> check(HttpServerRequest request);

    /** Whether the request says who sends it, for routes that are open to all. */
    default boolean isPresented(HttpServerRequest request) {
      return request.headers().contains("authorization") || request.headers().contains("x-api-key");
    }
  }

  Edge(
      Vertx vertx,
      EdgeSettings settings,
      RequestGuard guard,
      Cors cors,
      @Nullable Throttle throttle,
      RouteTable routes,
      CallerSource callers,
      AuthFailures failures,
      AuditLog audit,
      LiveSecrets live,
      RequestObserver observer,
      Readiness readiness) {
    this.observer = observer;
    this.readiness = readiness;
    this.vertx = vertx;
    this.failures = failures;
    this.live = live;
    this.bounds = settings.bounds();
    this.guard = guard;
    this.cors = cors;
    this.throttle = throttle;
    this.routes = routes;
    this.callers = callers;
    this.audit = audit;
    this.lingering = new Lingering(vertx);
    this.turnedAway = new TurnedAway(vertx);
    var timeouts = new Timeouts(((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop());
    this.bodies =
        new BodyReader(timeouts, bounds.bodyBytes(), Duration.ofMillis(bounds.bodyTimeoutMillis()));
  }

  @Override
  public void handle(HttpServerRequest request) {
    handle(request, () -> {});
  }

  /**
   * Handles {@code request}.
   *
   * @param ended runs when its answer has ended or its connection is gone
   */
  void handle(HttpServerRequest request, Runnable ended) {
    if (turnedAway.contains(request.connection())) {
      return;
    }
    Arrival arrival = observer.begin(request, ended);
    if (readiness.isDraining() && request.version() != HttpVersion.HTTP_2) {
      request.response().putHeader("connection", "close");
    }
    cors.mark(request);
    Optional<Problem> refusal = guard.refusal(request);
    if (refusal.isEmpty() && Cors.isPreflight(request)) {
      cors.answerPreflight(request, routes.methods(RequestGuard.path(request)));
      return;
    }
    if (refusal.isPresent()) {
      refuse(request, arrival, refusal.get());
      return;
    }
    Optional<Problem> flooding = throttle == null ? Optional.empty() : throttle.address(request);
    if (flooding.isPresent()) {
      request.response().putHeader("connection", "close");
      new Exchange(request, arrival, null, Map.of(), live).fail(flooding.get(), null);
      turnedAway.add(request.connection());
      return;
    }
    RouteTable.Lookup lookup = routes.find(request.method(), RequestGuard.path(request));
    Route route = lookup.match() == null ? null : lookup.match().route();
    arrival.route(route);
    boolean open =
        route != null
            && route.scope() == null
            && !(route.details() && callers.isPresented(request));
    if (open) {
      find(request, arrival, lookup, null);
      return;
    }
    long began = System.nanoTime();
    Future<Verdict> verdict = callers.check(request);
    verdict.onComplete(
        done -> observer.telemetry().calls().authenticated(System.nanoTime() - began));
    if (verdict.isComplete()) {
      judged(request, arrival, lookup, verdict);
    } else {
      wait(request, arrival, lookup, verdict);
    }
  }

  /** Holds the body back meanwhile: nobody would take it. */
  private void wait(
      HttpServerRequest request,
      Arrival arrival,
      RouteTable.Lookup lookup,
      Future<Verdict> verdict) {
    Context here = vertx.getOrCreateContext();
    request.pause();
    verdict.onComplete(
        done ->
            here.runOnContext(
                now -> {
                  if (!request.response().closed()) {
                    judged(request, arrival, lookup, done);
                  }
                  request.resume();
                }));
  }

  private void judged(
      HttpServerRequest request,
      Arrival arrival,
      RouteTable.Lookup lookup,
      AsyncResult<Verdict> verdict) {
    switch (verdict.result()) {
      case null -> {
        var failed = new Exchange(request, arrival, null, Map.of(), live);
        failed.fail(ChitinException.from(verdict.cause()), null);
        lingering.drain(request);
      }
      case Verdict.Refused refused -> {
        record(request, refused);
        if (throttle != null && refused.isFault()) {
          throttle.failed(request);
        }
        refuse(request, arrival, refused.problem());
      }
      case Verdict.Known known -> {
        arrival.caller(known.caller());
        Optional<Problem> tooOften =
            throttle == null
                ? Optional.empty()
                : throttle.principal(request, known.caller().principal());
        if (tooOften.isPresent()) {
          refuse(request, arrival, tooOften.get());
        } else {
          find(request, arrival, lookup, known.caller());
        }
      }
    }
  }

  private void find(
      HttpServerRequest request,
      Arrival arrival,
      RouteTable.Lookup lookup,
      @Nullable Caller caller) {
    if (lookup.match() == null) {
      if (lookup.allowed() != null) {
        request.response().putHeader("allow", lookup.allowed());
      }
      refuse(
          request,
          arrival,
          lookup.problem() == null
              ? Problem.of(ProblemCode.REQUEST_NOT_FOUND, "No route has this path.")
              : lookup.problem());
      return;
    }
    admit(request, arrival, lookup.match(), caller);
  }

  private void admit(
      HttpServerRequest request, Arrival arrival, RouteTable.Match match, @Nullable Caller caller) {
    Route route = match.route();
    Optional<Problem> refusal = scope(route.scope(), caller).or(() -> form(request, route));
    if (refusal.isPresent()) {
      refuse(request, arrival, refusal.get());
      return;
    }
    var exchange = new Exchange(request, arrival, caller, match.parameters(), live);
    if (route.body() != Route.Body.JSON) {
      answer(route, exchange);
      return;
    }
    if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
      request.response().writeContinue();
    }
    bodies
        .read(request)
        .onSuccess(
            body -> {
              exchange.setBody(body);
              answer(route, exchange);
            })
        .onFailure(
            failure -> {
              exchange.fail(failure, null);
              lingering.drain(request);
            });
  }

  private static Optional<Problem> scope(@Nullable Scope needed, @Nullable Caller caller) {
    if (needed == null || (caller != null && caller.may(needed))) {
      return Optional.empty();
    }
    return Optional.of(
        Problem.of(
                ProblemCode.AUTH_SCOPE_INSUFFICIENT,
                "The credential lacks the scope " + needed + ".")
            .withRule("scope." + needed)
            .withHint("Use a key whose role has this scope."));
  }

  /** What can be said of a body before it is read. */
  private Optional<Problem> form(HttpServerRequest request, Route route) {
    Route.Body body = route.body();
    if (request.headers().contains("idempotency-key") && !route.takesIdempotencyKey()) {
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_MALFORMED, "This route takes no Idempotency-Key.")
              .withHint("Leave the field out; calls of tools take it."));
    }
    String length = request.getHeader("content-length");
    int limit = route.bodyBytes() == 0 ? bounds.bodyBytes() : route.bodyBytes();
    if (body != Route.Body.NONE && length != null && tooLong(length, limit)) {
      String key = route.bodyBytes() == 0 ? "body_bytes" : "llm_body_bytes";
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_TOO_LARGE, "The body is larger than " + limit + " bytes.")
              .withHint("Send less, or raise gateway.limits." + key + "."));
    }
    String type = request.getHeader("content-type");
    boolean json = body == Route.Body.JSON || body == Route.Body.JSON_UNREAD;
    if (json && !isJson(type)) {
      return Optional.of(
          Problem.of(
                  ProblemCode.REQUEST_UNSUPPORTED_MEDIA_TYPE, "The body must be application/json.")
              .withHint("Send Content-Type: application/json."));
    }
    return Optional.empty();
  }

  private static boolean tooLong(String length, int limit) {
    boolean isNumber = !length.isEmpty() && length.length() <= 18 && isDigits(length);
    return !isNumber || Long.parseLong(length) > limit;
  }

  private static boolean isDigits(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  private static boolean isJson(@Nullable String type) {
    if (type == null) {
      return false;
    }
    String[] parts = type.toLowerCase(Locale.ROOT).split(";", 2);
    return parts[0].trim().equals("application/json");
  }

  private static void answer(Route route, Exchange exchange) {
    try {
      route.handler().handle(exchange);
    } catch (RuntimeException e) {
      exchange.fail(e, null);
    }
  }

  private void refuse(HttpServerRequest request, Arrival arrival, Problem problem) {
    new Exchange(request, arrival, null, Map.of(), live).fail(problem, null);
    lingering.drain(request);
  }

  private void record(HttpServerRequest request, Verdict.Refused refused) {
    failures.count(refused.kind());
    if (!refused.isFault()) {
      return;
    }
    audit
        .append(
            new AuditEvent.AuthFailure(
                refused.problem().code().code(),
                refused.method(),
                refused.keyId(),
                request.remoteAddress() == null ? "" : request.remoteAddress().hostAddress()),
            Deadline.after(FAILURE_RECORD))
        .onFailure(failure -> LOG.warn("an authentication failure was not recorded", failure));
  }
}
