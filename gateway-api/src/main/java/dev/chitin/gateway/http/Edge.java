package dev.chitin.gateway.http;

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
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The way of every request: target and Host, route, credential, scope, size and media type, body;
 * the cheapest refusal first. Only then does a route's handler see it.
 */
final class Edge implements Handler<HttpServerRequest> {
  private final Vertx vertx;
  private final RequestGuard guard;
  private final Cors cors;
  private final @Nullable Throttle throttle;
  private final RouteTable routes;
  private final CallerSource callers;
  private final AuthFailures failures;
  private final BodyForm forms;
  private final BodyReader bodies;
  private final Lingering lingering;
  private final LiveSecrets live;
  private final RequestObserver observer;
  private final Readiness readiness;
  private final TurnedAway turnedAway;
  private final UnsentAnswers unsent;

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
      LiveSecrets live,
      RequestObserver observer,
      Readiness readiness,
      UnsentAnswers unsent) {
    this.unsent = unsent;
    this.observer = observer;
    this.readiness = readiness;
    this.vertx = vertx;
    this.failures = failures;
    this.live = live;
    this.guard = guard;
    this.cors = cors;
    this.throttle = throttle;
    this.routes = routes;
    this.callers = callers;
    this.lingering = new Lingering(vertx);
    this.turnedAway = new TurnedAway(vertx);
    EdgeBounds bounds = settings.bounds();
    this.forms = new BodyForm(bounds.bodyBytes());
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
    var hold = bodies.hold();
    Arrival arrival =
        observer.begin(
            request,
            () -> {
              hold.close();
              ended.run();
            });
    if (readiness.isDraining() && request.version() != HttpVersion.HTTP_2) {
      request.response().putHeader("connection", "close");
    }
    cors.mark(request);
    Optional<Problem> refusal = guard.refusal(request);
    if (refusal.isEmpty() && Cors.isPreflight(request)) {
      request.response().putHeader(AnswerFields.REQUEST_ID, arrival.requestId());
      cors.answerPreflight(request, routes.methods(RequestGuard.path(request)));
      return;
    }
    var passage = new Passage(request, arrival, hold);
    if (refusal.isPresent()) {
      passage.refuse(refusal.get());
    } else {
      passage.begin();
    }
  }

  /** The way of one request that is sound in itself. */
  private final class Passage {
    private final HttpServerRequest request;
    private final Arrival arrival;
    private final BodyReader.Hold hold;

    Passage(HttpServerRequest request, Arrival arrival, BodyReader.Hold hold) {
      this.hold = hold;
      this.request = request;
      this.arrival = arrival;
    }

    void begin() {
      Optional<Problem> flooding = throttle == null ? Optional.empty() : throttle.address(request);
      if (flooding.isPresent()) {
        turnAway(flooding.get());
        return;
      }
      RouteTable.Lookup lookup = routes.find(request.method(), RequestGuard.path(request));
      Route route = lookup.match() == null ? null : lookup.match().route();
      arrival.route(route);
      if (isOpen(route)) {
        find(lookup, null);
      } else {
        identify(lookup);
      }
    }

    private void turnAway(Problem flooding) {
      request.response().putHeader("connection", "close");
      unread().fail(flooding, null);
      turnedAway.add(request.connection());
    }

    private boolean isOpen(@Nullable Route route) {
      return route != null
          && route.scope() == null
          && !(route.details() && callers.isPresented(request));
    }

    private void identify(RouteTable.Lookup lookup) {
      long began = System.nanoTime();
      Future<Verdict> verdict = callers.check(request);
      verdict.onComplete(
          done -> observer.telemetry().calls().authenticated(System.nanoTime() - began));
      if (verdict.isComplete()) {
        judged(lookup, verdict);
      } else {
        wait(lookup, verdict);
      }
    }

    /** Holds the body back meanwhile: nobody would take it. */
    private void wait(RouteTable.Lookup lookup, Future<Verdict> verdict) {
      Context here = vertx.getOrCreateContext();
      request.pause();
      verdict.onComplete(
          done ->
              here.runOnContext(
                  now -> {
                    if (!request.response().closed()) {
                      judged(lookup, done);
                    }
                    request.resume();
                  }));
    }

    private void judged(RouteTable.Lookup lookup, AsyncResult<Verdict> verdict) {
      switch (verdict.result()) {
        case null -> {
          unread().fail(verdict.cause(), null);
          lingering.drain(request);
        }
        case Verdict.Refused refused -> {
          failures.refused(refused, peer(request));
          if (throttle != null && refused.isFault()) {
            throttle.failed(request);
          }
          refuse(refused.problem());
        }
        case Verdict.Known known -> {
          arrival.caller(known.caller());
          Optional<Problem> tooOften =
              throttle == null
                  ? Optional.empty()
                  : throttle.principal(request, known.caller().principal());
          if (tooOften.isPresent()) {
            refuse(tooOften.get());
          } else {
            find(lookup, known.caller());
          }
        }
      }
    }

    private void find(RouteTable.Lookup lookup, @Nullable Caller caller) {
      if (lookup.match() == null) {
        if (lookup.allowed() != null) {
          request.response().putHeader("allow", lookup.allowed());
        }
        refuse(
            lookup.problem() == null
                ? Problem.of(ProblemCode.REQUEST_NOT_FOUND, "No route has this path.")
                : lookup.problem());
        return;
      }
      admit(lookup.match(), caller);
    }

    private void admit(RouteTable.Match match, @Nullable Caller caller) {
      Route route = match.route();
      Optional<Problem> refusal =
          scope(route.scope(), caller).or(() -> forms.refusal(request, route));
      if (refusal.isPresent()) {
        refuse(refusal.get());
        return;
      }
      var exchange = new Exchange(request, arrival, caller, match.parameters(), live, unsent);
      if (BodyForm.isToBeRead(request, route)) {
        read(route, exchange);
      } else {
        answer(route, exchange);
      }
    }

    private void read(Route route, Exchange exchange) {
      exchange.awaitBody();
      bodies
          .read(request, hold)
          .onSuccess(
              body -> {
                exchange.setBody(body);
                BodyForm.refusal(body, route)
                    .ifPresentOrElse(
                        problem -> exchange.fail(problem, null), () -> answer(route, exchange));
              })
          .onFailure(
              failure -> {
                exchange.fail(failure, null);
                lingering.drain(request);
              });
    }

    void refuse(Problem problem) {
      unread().fail(problem, null);
      lingering.drain(request);
    }

    /** To answer with before it is known who asks for what. */
    private Exchange unread() {
      return new Exchange(request, arrival, null, Map.of(), live, unsent);
    }
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

  private static void answer(Route route, Exchange exchange) {
    try {
      route.handler().handle(exchange);
    } catch (RuntimeException e) {
      exchange.fail(e, null);
    }
  }

  private static String peer(HttpServerRequest request) {
    return request.remoteAddress() == null ? "" : request.remoteAddress().hostAddress();
  }
}
