package dev.chitin.gateway.http;

import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.auth.KeyOperations;
import dev.chitin.gateway.auth.Scope;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;

/**
 * Makes, lists, rotates and revokes keys, and revokes tokens; on the administration socket only.
 */
final class KeyRoutes {
  private static final Duration RECORD = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final Function<String, KeyOperations> keys;
  private final AuditLog audit;
  private final Runnable revoked;

  /**
   * @param keys what can be done with them, by who does it
   * @param revoked told when credentials may have ended
   */
  KeyRoutes(Vertx vertx, Function<String, KeyOperations> keys, AuditLog audit, Runnable revoked) {
    this.vertx = vertx;
    this.keys = keys;
    this.audit = audit;
    this.revoked = revoked;
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
    change(exchange, 201, () -> operations(exchange).create(body));
  }

  private void rotate(Exchange exchange) {
    JsonFields body = body(exchange);
    change(exchange, 201, () -> operations(exchange).rotate(exchange.parameter("id"), body));
  }

  private void list(Exchange exchange) {
    exchange.respond(200, operations(exchange).list());
  }

  private void revoke(Exchange exchange) {
    change(exchange, 200, () -> operations(exchange).revoke(exchange.parameter("id")));
  }

  private void revokeToken(Exchange exchange) {
    JsonFields body = body(exchange);
    change(exchange, 200, () -> operations(exchange).revokeToken(body));
  }

  private void restoreToken(Exchange exchange) {
    JsonFields body = body(exchange);
    change(exchange, 200, () -> operations(exchange).restoreToken(body));
  }

  private KeyOperations operations(Exchange exchange) {
    return keys.apply(exchange.caller().principal().id());
  }

  private void change(Exchange exchange, int status, Callable<KeyOperations.Change> change) {
    vertx
        .executeBlocking(change, false)
        .onSuccess(done -> revoked.run())
        .compose(done -> audit.append(done.record(), Deadline.after(RECORD)).map(done.answer()))
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
