package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.calls.EventSeats;
import dev.chitin.gateway.calls.TrackedCall;
import dev.chitin.gateway.calls.TrackedCalls;
import dev.chitin.gateway.openapi.Operation;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;

/**
 * {@code /v1/calls/{id}}: how a call stands that goes on without its client, its events, and the
 * way to take it back. A caller sees only own calls, and of them those of tools that the credential
 * may call; all others are as unknown as none.
 */
final class TrackedCallRoutes {
  private final Vertx vertx;
  private final TrackedCalls calls;
  private final CredentialWatch watch;

  TrackedCallRoutes(Vertx vertx, TrackedCalls calls, CredentialWatch watch) {
    this.vertx = vertx;
    this.calls = calls;
    this.watch = watch;
  }

  List<Route> routes() {
    return List.of(
        Route.of(HttpMethod.GET, "/v1/calls/{id}", Scope.TOOLS_CALL, Route.Body.NONE, this::look)
            .described(
                Operation.of("calls", "Look at a call that goes on without its client")
                    .path("id", "The call's id.")
                    .gives(200, "Its outcome, or how it stands.", "Call")
                    .with(200, "Retry-After", "Seconds to wait, while it runs.")),
        Route.of(
                HttpMethod.DELETE,
                "/v1/calls/{id}",
                Scope.TOOLS_CALL,
                Route.Body.NONE,
                this::cancel)
            .described(
                Operation.of("calls", "Cancel a call")
                    .path("id", "The call's id.")
                    .gives(200, "It was over already.", "CallStanding")
                    .gives(202, "It is being cancelled.", "CallStanding")),
        Route.of(
                HttpMethod.GET,
                "/v1/calls/{id}/events",
                Scope.TOOLS_CALL,
                Route.Body.NONE,
                this::events)
            .described(
                Operation.of("calls", "Read a call's events, from the first that is kept")
                    .path("id", "The call's id.")
                    .header("last-event-id", "string", "The last event that was seen.")
                    .gives(200, "The events.", "text/event-stream", "Events")
                    .gives(204, "It is over, and its last event was seen.")));
  }

  private TrackedCall find(Exchange exchange) {
    return calls
        .find(exchange.parameter("id"), exchange.caller().account())
        .filter(call -> exchange.caller().permissions().reaches(call.tool()))
        .orElseThrow(
            () ->
                Problem.of(ProblemCode.CALL_UNKNOWN, "You have no call of that id.")
                    .withHint(
                        "Calls made with Prefer: respond-async or an Idempotency-Key are kept for"
                            + " at most 15 minutes after their end and until the gateway stops, and"
                            + " shown to credentials that may call their tool; the audit log says"
                            + " how each ended.")
                    .toException());
  }

  private void look(Exchange exchange) {
    TrackedCall call = find(exchange);
    if (call.over()) {
      outcome(exchange, call);
    } else {
      exchange.response().putHeader("retry-after", "1");
      exchange.respond(200, standing(call, "running"));
    }
  }

  /** Answers with how {@code call} ended, which is over. */
  static void outcome(Exchange exchange, TrackedCall call) {
    call.outcome()
        .onSuccess(document -> exchange.respond(200, document))
        .onFailure(failure -> exchange.failForGood(failure, call.id()));
  }

  /** A call that has no outcome yet. */
  static JsonValue.Obj standing(TrackedCall call, String status) {
    return JsonValue.object()
        .put("callId", call.id())
        .put("status", status)
        .put("tool", call.tool())
        .put("started", Instant.ofEpochMilli(call.startedMillis()).toString())
        .build();
  }

  private void cancel(Exchange exchange) {
    TrackedCall call = find(exchange);
    boolean taken = call.cancel(exchange.caller().principal().id() + " asked for it by DELETE");
    exchange.respond(taken ? 202 : 200, standing(call, taken ? "cancelling" : "over"));
  }

  private void events(Exchange exchange) {
    TrackedCall call = find(exchange);
    long next = next(exchange, call);
    if (call.isSeen(next)) {
      exchange.respond(204); // Readers of events come back to an empty stream, and not to this.
      return;
    }
    EventSeats.Seat seat = calls.seats().take(call);
    try {
      new EventSubscription(vertx, exchange, call, next, seat).begin(watch);
    } catch (RuntimeException refused) {
      seat.close();
      throw refused;
    }
  }

  /** {@code Last-Event-ID} names the last event that was seen. */
  private static long next(Exchange exchange, TrackedCall call) {
    OptionalLong last = RequestFields.lastEventId(exchange.request().headers());
    if (last.isEmpty()) {
      return 0;
    }
    if (!call.knows(last.getAsLong() + 1)) {
      throw RequestFields.unknownEvent();
    }
    return last.getAsLong() + 1;
  }
}
