package dev.chitin.gateway.http;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.gateway.session.Session;
import dev.chitin.gateway.session.SessionTable;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Opens, lists and closes sessions. A caller sees only the own ones, whichever of the principal's
 * credentials opened them; an administrator all. A call names its session in the field {@code
 * Chitin-Session}.
 */
final class SessionRoutes {
  private static final String FIELD = "chitin-session";

  private final SessionTable sessions;

  SessionRoutes(SessionTable sessions) {
    this.sessions = sessions;
  }

  List<Route> routes() {
    return List.of(
        Route.of(HttpMethod.POST, "/v1/sessions", Scope.TOOLS_CALL, Route.Body.NONE, this::open)
            .described(
                Operation.of("sessions", "Open a session")
                    .gives(201, "It is open.", "Session")
                    .with(201, "Location", "Its path.")),
        Route.of(HttpMethod.GET, "/v1/sessions", Scope.TOOLS_READ, Route.Body.NONE, this::list)
            .described(
                Operation.of("sessions", "List own sessions")
                    .gives(200, "The sessions.", "SessionList")),
        Route.of(
                HttpMethod.DELETE,
                "/v1/sessions/{id}",
                Scope.TOOLS_CALL,
                Route.Body.NONE,
                this::close)
            .described(
                Operation.of("sessions", "Close a session")
                    .path("id", "The session's id.")
                    .gives(204, "It is closed.")));
  }

  /** The id of the session that a request names, or null. It counts as used. */
  static @Nullable String named(Exchange exchange, SessionTable sessions) {
    String id = exchange.request().getHeader(FIELD);
    return id == null ? null : sessions.use(id, exchange.caller()).id();
  }

  private void open(Exchange exchange) {
    Session session = sessions.open(exchange.caller());
    exchange.response().putHeader("location", "/v1/sessions/" + session.id());
    exchange.respond(201, json(session));
  }

  private void list(Exchange exchange) {
    exchange.respond(
        200,
        JsonValue.object()
            .put(
                "sessions",
                new JsonValue.Arr(
                    sessions.list(seenBy(exchange.caller())).stream()
                        .<JsonValue>map(this::json)
                        .toList()))
            .build());
  }

  private void close(Exchange exchange) {
    sessions.close(exchange.parameter("id"), seenBy(exchange.caller()));
    exchange.respond(204);
  }

  private static Predicate<Session> seenBy(Caller caller) {
    return session ->
        caller.may(Scope.ADMIN)
            || (session.principal().tenant().equals(caller.principal().tenant())
                && session.principal().id().equals(caller.principal().id()));
  }

  private JsonValue.Obj json(Session session) {
    return JsonValue.object()
        .put("id", session.id())
        .put("tenant", session.principal().tenant())
        .put("principal", session.principal().id())
        .put("created", session.createdMillis())
        .put("remainingMs", sessions.remainingMillis(session))
        .build();
  }
}
