package dev.chitin.gateway.http;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.calls.IdempotencyKeys;
import dev.chitin.gateway.calls.TrackedCall;
import dev.chitin.sandbox.ToolCall;
import java.util.Optional;

/**
 * Runs calls that go on without their caller: those with an {@code Idempotency-Key}, of which a
 * repeated request gets the first one's answer, and those asked for with {@code Prefer:
 * respond-async}.
 */
final class DetachedCalls {
  private final CallAdmission admission;
  private final BackgroundCalls background;
  private final IdempotencyKeys keys;
  private final CredentialWatch watch;

  DetachedCalls(HttpEdge edge) {
    this.admission = edge.admission();
    this.background = new BackgroundCalls(edge.bus(), edge.executor(), edge.calls());
    this.keys = edge.idempotency();
    this.watch = edge.watch();
  }

  /** Makes {@code call}, or answers as for the request that had the key first. */
  void goOn(Exchange exchange, ToolCall call, Deadline deadline, Optional<String> idempotencyKey) {
    String owner = exchange.caller().account();
    var tracked = new TrackedCall(call.callId(), call.tool(), owner, System.currentTimeMillis());
    if (idempotencyKey.isEmpty()) {
      begin(exchange, tracked, call, deadline, () -> {});
      return;
    }
    String key = idempotencyKey.get();
    keys.claim(owner, key, call.arguments(), tracked)
        .onSuccess(
            claim -> {
              switch (claim) {
                case IdempotencyKeys.Claim.First first ->
                    begin(
                        exchange,
                        tracked,
                        call,
                        deadline,
                        () -> keys.release(owner, call.tool(), key));
                case IdempotencyKeys.Claim.Again again -> again(exchange, owner, again.callId());
              }
            })
        .onFailure(failure -> exchange.fail(failure, null));
  }

  /**
   * Makes the call, and answers at once or with its outcome, as the caller prefers.
   *
   * @param refused runs when there is no place for it and nothing was made
   */
  private void begin(
      Exchange exchange, TrackedCall tracked, ToolCall call, Deadline deadline, Runnable refused) {
    String slot = exchange.caller().account();
    CredentialWatch.Hold hold;
    try {
      hold =
          watch.hold(exchange.caller().credential(), () -> tracked.cancel("the credential ended"));
    } catch (ChitinException e) {
      refused.run();
      exchange.fail(e, call.callId());
      return;
    }
    try {
      enter(slot, tracked);
    } catch (ChitinException e) {
      refused.run();
      hold.close();
      exchange.fail(e, call.callId());
      return;
    }
    background
        .start(tracked, call, deadline, exchange)
        .onComplete(
            done -> {
              hold.close();
              admission.leave(slot);
            });
    if (prefersAsync(exchange)) {
      accepted(exchange, tracked);
    } else {
      outcome(exchange, tracked);
    }
  }

  private void enter(String slot, TrackedCall tracked) {
    admission.enter(slot);
    try {
      background.calls().add(tracked);
    } catch (ChitinException full) {
      admission.leave(slot);
      throw full;
    }
  }

  private static void accepted(Exchange exchange, TrackedCall tracked) {
    exchange
        .response()
        .putHeader("location", "/v1/calls/" + tracked.id())
        .putHeader("preference-applied", "respond-async")
        .putHeader("retry-after", "1");
    exchange.respond(202, TrackedCallRoutes.standing(tracked, "running"));
  }

  private static void outcome(Exchange exchange, TrackedCall tracked) {
    tracked
        .outcome()
        .onSuccess(document -> exchange.respond(200, document))
        .onFailure(failure -> exchange.fail(failure, tracked.id()));
  }

  /** The key was used: the first request's answer, while it is kept. */
  private void again(Exchange exchange, String owner, String callId) {
    Optional<TrackedCall> first = background.calls().find(callId, owner);
    exchange.response().putHeader("idempotency-replayed", "true");
    if (first.isEmpty()) {
      exchange.respond(
          200, JsonValue.object().put("callId", callId).put("status", "unknown").build());
    } else if (first.get().over()) {
      outcome(exchange, first.get());
    } else if (prefersAsync(exchange)) {
      accepted(exchange, first.get());
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

  static boolean prefersAsync(Exchange exchange) {
    return RequestFields.prefersAsync(exchange.request().headers());
  }
}
