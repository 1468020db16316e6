package dev.chitin.gateway.http;

import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.TraceContext;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.telemetry.HttpMetrics;
import dev.chitin.gateway.telemetry.Tracing.RequestSpan;
import io.vertx.core.http.HttpServerRequest;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request from its header on: its id, and what it turned out to be. Used on one event loop. Of
 * what the client sent it keeps nothing.
 */
final class Arrival {
  /** The status under which a request counts whose client left before there was an answer. */
  static final int CLIENT_GONE = 499;

  static final int LONGEST_METHOD = 7;

  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  private final String requestId;
  private final @Nullable RequestSpan span;
  private final long startedNanos = System.nanoTime();
  private @Nullable Route route;
  private @Nullable Caller caller;
  private @Nullable ProblemCode problem;
  private Runnable over = () -> {};
  private boolean ended;

  Arrival(String requestId, @Nullable RequestSpan span) {
    this.requestId = requestId;
    this.span = span;
  }

  /** The request's method, or {@code other} for one that no route could have. */
  static String method(HttpServerRequest request) {
    String name = request.method().name();
    return METHODS.contains(name) ? name : "other";
  }

  String requestId() {
    return requestId;
  }

  @Nullable RequestSpan span() {
    return span;
  }

  /** What goes with the request over the bus, or null outside of traces. */
  @Nullable TraceContext trace() {
    return span == null ? null : span.context();
  }

  long startedNanos() {
    return startedNanos;
  }

  void route(@Nullable Route found) {
    route = found;
  }

  /** The route's path as the table writes it. */
  String template() {
    return route == null ? HttpMetrics.NO_ROUTE : route.template();
  }

  void caller(Caller known) {
    caller = known;
  }

  @Nullable Caller caller() {
    return caller;
  }

  /** It was answered with a problem. */
  void problem(ProblemCode code) {
    problem = code;
  }

  @Nullable ProblemCode problem() {
    return problem;
  }

  /** What is to happen when its answer has ended or its client is gone. */
  void whenOver(Runnable action) {
    over = action;
  }

  /** Its answer has ended or its client is gone; may be told more than once. */
  void over() {
    over.run();
  }

  /** Ends it; whether this is the first time. */
  boolean end() {
    boolean first = !ended;
    ended = true;
    return first;
  }
}
