package dev.chitin.gateway.http;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.calls.IdempotencyClaim;
import dev.chitin.gateway.calls.TrackedCall;
import dev.chitin.gateway.calls.TrackedCalls;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Answers a request whose {@code Idempotency-Key} was used before. While the first one's answer is
 * kept, it is given again; later, and after a start, how its call ended, without its output.
 */
final class RepeatedCalls {
  private static final String PROBLEM = "problem";
  private static final List<String> REMEMBERED =
      List.of("status", "exitCode", "succeeded", "truncated", "durationMs", "audit");
  private static final String NO_OUTPUT =
      "its output is no longer kept: that is for at most 15 minutes, and until the gateway stops";

  private final TrackedCalls calls;

  RepeatedCalls(TrackedCalls calls) {
    this.calls = calls;
  }

  /** What is remembered of a call that ran, in place of its {@code document}. */
  static JsonValue.Obj remembered(JsonValue.Obj document) {
    JsonValue.Builder kept = JsonValue.object();
    REMEMBERED.forEach(name -> kept.put(name, document.get(name)));
    return kept.build();
  }

  /** What is remembered of a call that was refused. */
  static JsonValue.Obj remembered(ProblemCode code) {
    return JsonValue.object().put(PROBLEM, code.code()).build();
  }

  /** Whether {@code failure} says that there was no room: nothing ran, and a key is free again. */
  static boolean noRoom(Throwable failure) {
    return switch (ChitinException.from(failure).code()) {
      case SANDBOX_BUSY, CALL_LIMIT, GATEWAY_OVERLOADED, GATEWAY_DRAINING -> true;
      default -> false;
    };
  }

  /** The call of the first request is under way, or its outcome is on its way here. */
  void running(Exchange exchange, String owner, String callId) {
    Optional<TrackedCall> first = calls.find(callId, owner);
    if (first.isPresent() && first.get().over()) {
      replayed(exchange, first.get());
    } else if (first.isPresent() && DetachedCalls.prefersAsync(exchange)) {
      exchange.response().putHeader("idempotency-replayed", "true");
      DetachedCalls.accepted(exchange, first.get());
    } else {
      exchange.response().putHeader("location", "/v1/calls/" + callId);
      exchange.fail(
          Problem.of(
                  ProblemCode.IDEMPOTENCY_IN_PROGRESS,
                  "The first request with this key is still running.")
              .withHint("Ask again soon, or look at its Location."),
          callId);
    }
  }

  void over(Exchange exchange, String owner, IdempotencyClaim.Over over) {
    Optional<TrackedCall> first = calls.find(over.callId(), owner);
    if (first.isPresent()) {
      replayed(exchange, first.get());
      return;
    }
    exchange.response().putHeader("idempotency-replayed", "true");
    if (over.outcome().get(PROBLEM) instanceof JsonValue.Str(String code)) {
      exchange.failForGood(refused(code).toException(), over.callId());
      return;
    }
    JsonValue.Builder document = JsonValue.object().put("callId", over.callId());
    over.outcome().members().forEach(document::put);
    exchange.respond(200, document.put("notes", List.of(NO_OUTPUT)).build());
  }

  /** Nobody knows whether it ran; it is not run again. */
  void unknown(Exchange exchange, String callId) {
    exchange.response().putHeader("idempotency-replayed", "true");
    exchange.respond(
        200, JsonValue.object().put("callId", callId).put("status", "unknown").build());
  }

  private static void replayed(Exchange exchange, TrackedCall first) {
    exchange.response().putHeader("idempotency-replayed", "true");
    TrackedCallRoutes.outcome(exchange, first);
  }

  private static Problem refused(String code) {
    ProblemCode known =
        Stream.of(ProblemCode.values())
            .filter(one -> one.code().equals(code))
            .findFirst()
            .orElse(ProblemCode.INTERNAL);
    return Problem.of(known, "So ended the first request with this key; nothing runs again.")
        .withHint("Look for its callId in the audit log, or use a new key for a new call.");
  }
}
