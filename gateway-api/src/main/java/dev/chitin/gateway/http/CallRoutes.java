package dev.chitin.gateway.http;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.gateway.session.SessionTable;
import dev.chitin.policy.Principal;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolRegistry;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Runs tools: {@code POST /v1/tools/{name}/calls}, answered with the result, or as a stream of
 * events when the caller wants {@code text/event-stream}. A caller who leaves cancels the call,
 * unless the call has an {@code Idempotency-Key} or was asked for with {@code Prefer:
 * respond-async} (RFC 7240), which is answered 202 with the call's {@code Location}.
 */
final class CallRoutes {
  private static final String DOCUMENT = "application/json";
  private static final String EVENTS = "text/event-stream";

  private final ToolRegistry registry;
  private final EdgeSettings settings;
  private final SessionTable sessions;
  private final AttachedCalls attached;
  private final DetachedCalls detached;
  private final UnknownTools unknown;

  CallRoutes(HttpEdge edge) {
    this.registry = edge.registry();
    this.settings = edge.settings();
    this.sessions = edge.sessions();
    this.attached = new AttachedCalls(edge);
    this.detached = new DetachedCalls(edge);
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
                    .gives(202, "The call runs.", "CallStanding")
                    .with(202, "Location", "Where it can be looked at.")
                    .with(202, "Preference-Applied", "respond-async.")));
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
    JsonValue document = parse(exchange);
    JsonFields body = JsonFields.of(document, "");
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
    Optional<String> key = RequestFields.idempotencyKey(exchange.request().headers());
    boolean goesOn = key.isPresent() || DetachedCalls.prefersAsync(exchange);
    boolean streams = streams(exchange, goesOn);
    Deadline deadline = Deadline.after(Duration.ofMillis(timeout));
    var call =
        new ToolCall(
            Ids.next("call_"), principal, session, tool.definition().name(), arguments, null);
    if (goesOn) {
      detached.goOn(
          exchange, call, deadline, key.map(text -> new DetachedCalls.Key(text, document)));
    } else if (streams) {
      attached.stream(exchange, call, deadline);
    } else {
      attached.answer(exchange, call, deadline);
    }
  }

  /**
   * Whether the answer is to be a stream: the caller wants one more than a document, or as much and
   * names it.
   *
   * @param goesOn whether the call goes on without its caller: it is answered with a document
   */
  private static boolean streams(Exchange exchange, boolean goesOn) {
    AcceptedTypes accepted = AcceptedTypes.of(exchange.request().headers().getAll("accept"));
    double events = goesOn ? 0 : accepted.quality(EVENTS);
    double document = accepted.quality(DOCUMENT);
    if (events == 0 && document == 0) {
      throw Problem.of(
              ProblemCode.REQUEST_NOT_ACCEPTABLE,
              goesOn
                  ? "A call that goes on without its caller is answered with application/json."
                  : "A call is answered with application/json or text/event-stream.")
          .withHint("Take it in Accept, or leave the field out.")
          .toException();
    }
    return events > document || (events == document && accepted.names(EVENTS));
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
