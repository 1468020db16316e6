package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.auth.KeyChanges;
import dev.chitin.gateway.auth.KeyOperations;
import dev.chitin.gateway.auth.Scope;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.function.Function;

/**
 * Makes, lists, rotates and revokes keys, and revokes tokens; on the administration socket only.
 */
final class KeyRoutes {
  private final Function<String, KeyOperations> keys;
  private final KeyChanges changes;

  /**
   * @param keys what can be done with them, by who does it
   */
  KeyRoutes(Function<String, KeyOperations> keys, KeyChanges changes) {
    this.keys = keys;
    this.changes = changes;
  }

  List<Route> routes() {
    return List.of(
        route(HttpMethod.POST, "/admin/keys", Route.Body.JSON, this::create),
        route(HttpMethod.GET, "/admin/keys", Route.Body.NONE, this::list),
        route(HttpMethod.POST, "/admin/keys/{id}/rotate", Route.Body.JSON, this::rotate),
        route(HttpMethod.DELETE, "/admin/keys/{id}", Route.Body.NONE, this::revoke),
        route(HttpMethod.POST, "/admin/tokens/revoke", Route.Body.JSON, this::revokeToken),
        route(HttpMethod.POST, "/admin/tokens/restore", Route.Body.JSON, this::restoreToken));
  }

  private static Route route(
      HttpMethod method, String path, Route.Body body, Route.Handler handler) {
    return Route.of(method, path, Scope.ADMIN, body, handler);
  }

  private void create(Exchange exchange) {
    JsonFields body = body(exchange);
    change(exchange, 201, asked -> asked.create(body));
  }

  private void rotate(Exchange exchange) {
    JsonFields body = body(exchange);
    change(exchange, 201, asked -> asked.rotate(exchange.parameter("id"), body));
  }

  private void list(Exchange exchange) {
    exchange.respond(200, operations(exchange).list());
  }

  private void revoke(Exchange exchange) {
    change(exchange, 200, asked -> asked.revoke(exchange.parameter("id")));
  }

  private void revokeToken(Exchange exchange) {
    JsonFields body = body(exchange);
    change(exchange, 200, asked -> asked.revokeToken(body));
  }

  private void restoreToken(Exchange exchange) {
    JsonFields body = body(exchange);
    change(exchange, 200, asked -> asked.restoreToken(body));
  }

  private KeyOperations operations(Exchange exchange) {
    return keys.apply(exchange.caller().principal().id());
  }

  private void change(
      Exchange exchange, int status, Function<KeyOperations, KeyOperations.Change> asked) {
    changes
        .make(operations(exchange), asked)
        .onSuccess(answer -> exchange.respond(status, answer))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private static JsonFields body(Exchange exchange) {
    try {
      return JsonFields.of(StrictJson.parse(exchange.body().borrow()), "");
    } catch (JsonSyntaxException e) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED, "The body cannot be read: " + e.reason() + ".")
          .toException();
    }
  }
}
