package dev.chitin.gateway.http;

import dev.chitin.bus.Bus;
import dev.chitin.bus.BusCall;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.calls.IdempotencyKeys;
import dev.chitin.gateway.calls.TrackedCall;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.gateway.session.SessionTable;
import dev.chitin.policy.Principal;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolExecutor;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.sandbox.ToolResult;
import io.vertx.core.Context;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs tools: {@code POST /v1/tools/{name}/calls}, answered with the result, or as a stream of
 * events when the caller accepts {@code text/event-stream}. A caller who leaves cancels the call,
 * unless the call has an {@code Idempotency-Key} or was asked for with {@code Prefer:
 * respond-async} (RFC 7240), which is answered 202 with the call's {@code Location}.
 */
final class CallRoutes {
  private final Bus bus;
  private final ToolRegistry registry;
  private final ToolExecutor executor;
  private final CallAdmission admission;
  private final BackgroundCalls background;
  private final IdempotencyKeys keys;
  private final EdgeSettings settings;
  private final CredentialWatch watch;
  private final SessionTable sessions;
  private final UnknownTools unknown;

  CallRoutes(HttpEdge edge) {
    this.bus = edge.bus();
    this.registry = edge.registry();
    this.executor = edge.executor();
    this.admission = edge.admission();
    this.background = new BackgroundCalls(bus, executor, edge.calls());
    this.keys = edge.idempotency();
    this.settings = edge.settings();
    this.watch = edge.watch();
    this.sessions = edge.sessions();
    this.unknown = new UnknownTools(edge.audit());
  }

  List<Route> routes() {
    return List.of(
        Route.of(
                HttpMethod.POST,
                "/v1/tools/{name}/calls",
                Scope.TOOLS_CALL,
                Route.Body.JSON,
                this::call)
            .withIdempotencyKey()
            .described(
                Operation.of("tools", "Run a tool, and answer with its outcome or as a stream")
                    .path("name", "The tool's name.")
                    .header("prefer", "string", "respond-async: answer 202 at once (RFC 7240).")
                    .header(
                        "idempotency-key", "string", "Makes a repeated request one call; a day.")
                    .header(
                        "chitin-timeout-ms",
                        "integer",
                        "How long the call may take; the shorter of this and timeoutMs counts.")
                    .header("chitin-session", "string", "The session that the call is of.")
                    .takes("application/json", "CallRequest")
                    .gives(200, "The call ended; it may have failed.", "CallResult")
                    .gives(
                        200, "The call ended; it may have failed.", "text/event-stream", "Events")
                    .with(200, "Idempotency-Replayed", "true when the first answer is given again.")
                    .gives(202, "The call runs.", "CallStanding")
                    .with(202, "Location", "Where it can be looked at.")));
  }

  private void call(Exchange exchange) {
    ToolRegistry.RegisteredTool tool;
    try {
      tool = ToolRoutes.find(registry, exchange);
    } catch (ChitinException e) {
      if (e.code() != ProblemCode.TOOL_UNKNOWN) {
        throw e;
      }
      unknown.refuse(exchange, e);
      return;
    }
    JsonFields body = JsonFields.of(parse(exchange), "");
    JsonValue.Obj arguments = body.required("arguments", body.object("arguments"));
    long most = settings.bounds().callTimeoutMillis();
    long timeout =
        Math.min(
            body.integer("timeoutMs", 1, most).orElse(most),
            RequestFields.timeoutMillis(exchange.request().headers(), most));
    body.end();
    tool.schema().check(arguments);

    Principal principal = exchange.caller().principal();
    String session = SessionRoutes.named(exchange, sessions);
    String slot = exchange.caller().account();
    Optional<String> key = RequestFields.idempotencyKey(exchange.request().headers());
    Deadline deadline = Deadline.after(Duration.ofMillis(timeout));
    String callId = Ids.next("call_");
    if (key.isPresent() || prefersAsync(exchange)) {
      var call =
          new ToolCall(callId, principal, session, tool.definition().name(), arguments, null);
      goOn(exchange, call, deadline, key);
      return;
    }
    admission.enter(slot);
    if (acceptsEvents(exchange)) {
      stream(exchange, callId, tool, principal, session, arguments, deadline, slot);
    } else {
      answer(exchange, callId, tool, principal, session, arguments, deadline, slot);
    }
  }

  /** Whose a call is: tenant and principal. */
  static String owner(Exchange exchange) {
    return exchange.caller().account();
  }

  private void goOn(
      Exchange exchange, ToolCall call, Deadline deadline, Optional<String> idempotencyKey) {
    String owner = owner(exchange);
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
    String slot = owner(exchange);
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

  private static boolean prefersAsync(Exchange exchange) {
    return RequestFields.prefersAsync(exchange.request().headers());
  }

  private void answer(
      Exchange exchange,
      String callId,
      ToolRegistry.RegisteredTool tool,
      Principal principal,
      @Nullable String session,
      JsonValue.Obj arguments,
      Deadline deadline,
      String slot) {
    var call = new ToolCall(callId, principal, session, tool.definition().name(), arguments, null);
    BusCall<ToolResult> running = executor.execute(call, deadline, exchange.trace());
    cancelWhenGone(exchange, running);
    cancelWithCredential(exchange, running, ended -> exchange.fail(ended, callId));
    running
        .result()
        .onComplete(done -> admission.leave(slot))
        .onSuccess(result -> exchange.respond(200, ResultJson.of(result)))
        .onFailure(failure -> exchange.fail(failure, callId));
  }

  private void stream(
      Exchange exchange,
      String callId,
      ToolRegistry.RegisteredTool tool,
      Principal principal,
      @Nullable String session,
      JsonValue.Obj arguments,
      Deadline deadline,
      String slot) {
    var events = new EventStream(exchange, callId);
    String address = "chitin.call." + callId + ".output";
    events
        .listen(bus, address)
        .onFailure(
            failure -> {
              admission.leave(slot);
              exchange.fail(failure, callId);
            })
        .onSuccess(
            listening -> {
              var call =
                  new ToolCall(
                      callId, principal, session, tool.definition().name(), arguments, address);
              BusCall<ToolResult> running = executor.execute(call, deadline, exchange.trace());
              cancelWhenGone(exchange, running);
              cancelWithCredential(exchange, running, ended -> events.fail(ended.toException()));
              running
                  .result()
                  .onComplete(
                      done -> {
                        admission.leave(slot);
                        events.close();
                      })
                  .onSuccess(events::end)
                  .onFailure(events::fail);
            });
  }

  private static void cancelWhenGone(Exchange exchange, BusCall<ToolResult> running) {
    if (exchange.response().closed()) {
      running.cancel("the client disconnected");
      return;
    }
    exchange.response().closeHandler(gone -> running.cancel("the client disconnected"));
  }

  /** A call ends with the credential that made it; its caller is told at once. */
  private void cancelWithCredential(
      Exchange exchange, BusCall<ToolResult> running, Consumer<Problem> tell) {
    Context here = exchange.context();
    try {
      CredentialWatch.Hold hold =
          watch.hold(
              exchange.caller().credential(),
              () -> here.runOnContext(now -> end(running, tell, CredentialWatch.ended())));
      running.result().onComplete(done -> hold.close());
    } catch (ChitinException refused) {
      end(running, tell, refused.problem());
    }
  }

  private static void end(BusCall<ToolResult> running, Consumer<Problem> tell, Problem problem) {
    running.cancel("the credential ended");
    tell.accept(problem);
  }

  private static boolean acceptsEvents(Exchange exchange) {
    String accept = exchange.request().getHeader("accept");
    return accept != null && accept.toLowerCase(Locale.ROOT).contains("text/event-stream");
  }

  private static JsonValue parse(Exchange exchange) {
    try {
      return StrictJson.parse(exchange.body().borrow(), JsonLimits.REQUEST);
    } catch (JsonSyntaxException e) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED,
              "The body cannot be read: "
                  + e.reason()
                  + " (line "
                  + e.line()
                  + ", column "
                  + e.column()
                  + ").")
          .withErrors(List.of(new Problem.FieldError(e.pointer(), e.reason())))
          .toException();
    }
  }
}
