package dev.chitin.gateway.http;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.calls.IdempotencyClaim;
import dev.chitin.gateway.calls.IdempotencyKeys;
import dev.chitin.gateway.calls.TrackedCall;
import dev.chitin.sandbox.ToolCall;
import io.vertx.core.Future;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
  private final RepeatedCalls repeated;

  DetachedCalls(HttpEdge edge) {
    this.admission = edge.admission();
    this.background = new BackgroundCalls(edge.bus(), edge.executor(), edge.calls());
    this.keys = edge.idempotency();
    this.watch = edge.watch();
    this.repeated = new RepeatedCalls(edge.calls());
  }

  /**
   * An {@code Idempotency-Key} and what it is for.
   *
   * @param text the field's
   * @param body of the request: all of it, for another one is another request
   */
  record Key(String text, JsonValue body) {}

  /** Makes {@code call}, or answers as for the request that had the key first. */
  void goOn(Exchange exchange, ToolCall call, Deadline deadline, Optional<Key> idempotencyKey) {
    String owner = exchange.caller().account();
    var tracked = new TrackedCall(call.callId(), call.tool(), owner, System.currentTimeMillis());
    if (idempotencyKey.isEmpty()) {
      begin(exchange, tracked, call, deadline, null);
      return;
    }
    Key key = idempotencyKey.get();
    switch (keys.claim(owner, key.text(), key.body(), tracked)) {
      case IdempotencyClaim.First first -> begin(exchange, tracked, call, deadline, first);
      case IdempotencyClaim.Running running -> repeated.running(exchange, owner, running.callId());
      case IdempotencyClaim.Over over -> repeated.over(exchange, owner, over);
      case IdempotencyClaim.Unknown unknown -> repeated.unknown(exchange, unknown.callId());
    }
  }

  /**
   * Makes the call, and answers at once or with its outcome, as the caller prefers. Where there is
   * no place for it, its key is given back and was never on disk.
   */
  private void begin(
      Exchange exchange,
      TrackedCall tracked,
      ToolCall call,
      Deadline deadline,
      IdempotencyClaim.@Nullable First key) {
    String slot = exchange.caller().account();
    CredentialWatch.Hold hold = null;
    try {
      hold =
          watch.hold(exchange.caller().credential(), () -> tracked.cancel("the credential ended"));
      enter(slot, tracked);
    } catch (ChitinException refused) {
      if (hold != null) {
        hold.close();
      }
      if (key != null) {
        keys.release(key);
      }
      exchange.fail(refused, call.callId());
      return;
    }
    CredentialWatch.Hold held = hold;
    Future<Void> kept = key == null ? Future.succeededFuture() : kept(key, tracked);
    background
        .start(kept, tracked, call, deadline, exchange)
        .onComplete(
            done -> {
              held.close();
              admission.leave(slot);
            });
    if (prefersAsync(exchange)) {
      kept.onSuccess(onDisk -> accepted(exchange, tracked))
          .onFailure(failure -> exchange.fail(failure, tracked.id()));
    } else {
      outcome(exchange, tracked);
    }
  }

  /** Keeps the key, and then tells it how its call ends. */
  private Future<Void> kept(IdempotencyClaim.First key, TrackedCall tracked) {
    return keys.keep(key)
        .onSuccess(
            onDisk ->
                tracked
                    .outcome()
                    .onSuccess(document -> keys.ended(key, RepeatedCalls.remembered(document)))
                    .onFailure(failure -> refused(key, failure)));
  }

  private void refused(IdempotencyClaim.First key, Throwable failure) {
    if (RepeatedCalls.noRoom(failure)) {
      keys.release(key);
    } else {
      keys.ended(key, RepeatedCalls.remembered(ChitinException.from(failure).code()));
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

  static void accepted(Exchange exchange, TrackedCall tracked) {
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

  static boolean prefersAsync(Exchange exchange) {
    return RequestFields.prefersAsync(exchange.request().headers());
  }
}
