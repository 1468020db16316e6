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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs tools: {@code POST /v1/tools/{name}/calls}, answered with the result, or as a stream of
 * events when the caller accepts {@code text/event-stream}. A caller who leaves cancels the call.
 */
final class CallRoutes {
  private final Bus bus;
  private final ToolRegistry registry;
  private final ToolExecutor executor;
  private final CallAdmission admission;
  private final EdgeSettings settings;
  private final CredentialWatch watch;
  private final SessionTable sessions;

  CallRoutes(HttpEdge edge) {
    this.bus = edge.bus();
    this.registry = edge.registry();
    this.executor = edge.executor();
    this.admission = edge.admission();
    this.settings = edge.settings();
    this.watch = edge.watch();
    this.sessions = edge.sessions();
  }

  List<Route> routes() {
    return List.of(
        Route.of(
            HttpMethod.POST,
            "/v1/tools/{name}/calls",
            Scope.TOOLS_CALL,
            Route.Body.JSON,
            this::call));
  }

  private void call(Exchange exchange) {
    ToolRegistry.RegisteredTool tool = ToolRoutes.find(registry, exchange);
    JsonFields body = JsonFields.of(parse(exchange), "");
    JsonValue.Obj arguments = body.required("arguments", body.object("arguments"));
    long timeout =
        body.integer("timeoutMs", 1, settings.bounds().callTimeoutMillis())
            .orElse(settings.bounds().callTimeoutMillis());
    body.end();
    tool.schema().check(arguments);

    Principal principal = exchange.caller().principal();
    String session = SessionRoutes.named(exchange, sessions);
    String slot = exchange.caller().account();
    admission.enter(slot);
    Deadline deadline = Deadline.after(Duration.ofMillis(timeout));
    String callId = Ids.next("call_");
    if (acceptsEvents(exchange)) {
      stream(exchange, callId, tool, principal, session, arguments, deadline, slot);
    } else {
      answer(exchange, callId, tool, principal, session, arguments, deadline, slot);
    }
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
    BusCall<ToolResult> running = executor.execute(call, deadline);
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
              BusCall<ToolResult> running = executor.execute(call, deadline);
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
