package dev.chitin.gateway.http;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.auth.KeyStore;
import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.auth.Scope;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;

/** Makes, lists and revokes keys; on the administration socket only. */
final class KeyRoutes {
  private static final Duration RECORD = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final KeyStore keys;
  private final AuditLog audit;

  KeyRoutes(Vertx vertx, KeyStore keys, AuditLog audit) {
    this.vertx = vertx;
    this.keys = keys;
    this.audit = audit;
  }

  List<Route> routes() {
    return List.of(
        Route.of(HttpMethod.POST, "/admin/keys", Scope.ADMIN, Route.Body.JSON, this::create),
        Route.of(HttpMethod.GET, "/admin/keys", Scope.ADMIN, Route.Body.NONE, this::list),
        Route.of(
            HttpMethod.DELETE, "/admin/keys/{id}", Scope.ADMIN, Route.Body.NONE, this::revoke));
  }

  private void create(Exchange exchange) {
    JsonFields body;
    try {
      body = JsonFields.of(StrictJson.parse(exchange.body().borrow()), "");
    } catch (JsonSyntaxException e) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED, "The body cannot be read: " + e.reason() + ".")
          .toException();
    }
    String name = body.required("name", body.string("name"));
    Role role = body.required("role", body.string("role").flatMap(Role::of));
    String tenant = body.string("tenant").orElse(KeyRecord.TENANT);
    body.end();
    String actor = exchange.caller().principal().id();
    vertx
        .executeBlocking(() -> keys.create(tenant, name, role), false)
        .compose(
            created ->
                audit
                    .append(
                        new AuditEvent.KeyChange("create", created.id(), name, actor),
                        Deadline.after(RECORD))
                    .map(created))
        .onSuccess(
            created ->
                exchange.respond(
                    201,
                    JsonValue.object().put("id", created.id()).put("key", created.key()).build()))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private void list(Exchange exchange) {
    exchange.respond(200, KeyRecord.listJson(keys.list()));
  }

  private void revoke(Exchange exchange) {
    String actor = exchange.caller().principal().id();
    vertx
        .executeBlocking(() -> keys.revoke(exchange.parameter("id")), false)
        .compose(
            revoked ->
                audit
                    .append(
                        new AuditEvent.KeyChange("revoke", revoked.id(), revoked.name(), actor),
                        Deadline.after(RECORD))
                    .map(revoked))
        .onSuccess(revoked -> exchange.respond(200, KeyRecord.listJson(List.of(revoked))))
        .onFailure(failure -> exchange.fail(failure, null));
  }
}
