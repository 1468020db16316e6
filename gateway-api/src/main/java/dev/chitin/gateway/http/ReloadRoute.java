package dev.chitin.gateway.http;

import dev.chitin.gateway.auth.Scope;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;

/** Has the configuration read again; on the administration socket only. */
final class ReloadRoute {
  private ReloadRoute() {}

  static Route of(Vertx vertx, HttpEdge.Reload reload) {
    return Route.of(
        HttpMethod.POST,
        "/admin/config/reload",
        Scope.ADMIN,
        Route.Body.NONE,
        exchange ->
            vertx
                .executeBlocking(() -> reload.run(exchange.caller().principal().id()), false)
                .onSuccess(answer -> exchange.respond(200, answer))
                .onFailure(failure -> exchange.fail(failure, null)));
  }
}
