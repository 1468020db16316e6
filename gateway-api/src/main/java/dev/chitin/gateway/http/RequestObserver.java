package dev.chitin.gateway.http;

import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.telemetry.Telemetry;
import io.vertx.core.http.HttpServerRequest;

/** Sees every request come and go, for metrics, traces and the access log. Thread safe. */
public final class RequestObserver {
  private final Telemetry telemetry;
  private final AccessLog accessLog;

  public RequestObserver(Telemetry telemetry, AccessLog accessLog) {
    this.telemetry = telemetry;
    this.accessLog = accessLog;
  }

  Telemetry telemetry() {
    return telemetry;
  }

  /**
   * A request has come; its end is told by itself.
   *
   * @param ended runs when its answer has ended or its connection is gone
   */
  Arrival begin(HttpServerRequest request, Runnable ended) {
    String id = Ids.next("req_");
    var arrival =
        new Arrival(
            id,
            telemetry
                .tracing()
                .begin(
                    request.method().name().length() > Arrival.LONGEST_METHOD
                        ? "other"
                        : Arrival.method(request),
                    request.getHeader("traceparent"),
                    id));
    arrival.whenOver(
        () -> {
          if (arrival.end()) {
            ended.run();
            over(arrival, request);
          }
        });
    // HTTP/2 does not tell of the end of an answer to a stream that was reset.
    request.response().endHandler(end -> arrival.over()).closeHandler(gone -> arrival.over());
    return arrival;
  }

  private void over(Arrival arrival, HttpServerRequest request) {
    int status =
        request.response().headWritten() || request.response().ended()
            ? request.response().getStatusCode()
            : Arrival.CLIENT_GONE;
    long nanos = System.nanoTime() - arrival.startedNanos();
    telemetry.http().answered(arrival.template(), Arrival.method(request), status, nanos);
    if (arrival.problem() != null) {
      telemetry.http().rejected(arrival.problem());
      if (isOfEdge(arrival.problem())) {
        telemetry.calls().denied(arrival.problem());
      }
    }
    if (arrival.span() != null) {
      arrival.span().end(arrival.template(), status);
    }
    accessLog.write(arrival, request, status, nanos);
  }

  /** Others are counted where the call is. */
  private static boolean isOfEdge(ProblemCode code) {
    return switch (code) {
      case AUTH_SCOPE_INSUFFICIENT, REQUEST_HOST_FORBIDDEN, REQUEST_ORIGIN_FORBIDDEN -> true;
      default -> false;
    };
  }
}
