package dev.chitin.gateway.http;

import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.policy.Principal;
import dev.chitin.vault.ChangeRequest;
import dev.chitin.vault.DeleteRequest;
import dev.chitin.vault.ListRequest;
import dev.chitin.vault.PutOptions;
import dev.chitin.vault.PutRequest;
import dev.chitin.vault.SecretMetadata;
import dev.chitin.vault.SecretName;
import dev.chitin.vault.Vault;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;

/**
 * Puts, lists and deletes secrets. No route gives one back; the bytes pass no body or JSON handler.
 */
final class SecretRoutes {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** Most secrets that are read at once; each holds memory for the longest one. */
  private static final int MOST_AT_ONCE = 8;

  private final Vertx vertx;
  private final Vault vault;
  private final EdgeSettings settings;
  private int reading;

  SecretRoutes(Vertx vertx, Vault vault, EdgeSettings settings) {
    this.vertx = vertx;
    this.vault = vault;
    this.settings = settings;
  }

  List<Route> routes() {
    return List.of(
        Route.of(
                HttpMethod.PUT,
                "/v1/secrets/{name}",
                Scope.SECRETS_WRITE,
                Route.Body.OCTETS,
                exchange -> put(exchange, false))
            .withBodyBytes(SecretBody.MOST_BYTES)
            .described(PutQuery.describe("Store a secret")),
        Route.of(
                HttpMethod.POST,
                "/v1/secrets/{name}/rotate",
                Scope.SECRETS_WRITE,
                Route.Body.OCTETS,
                exchange -> put(exchange, true))
            .withBodyBytes(SecretBody.MOST_BYTES)
            .described(PutQuery.describe("Give a secret a new value")),
        change(ChangeRequest.Kind.PRUNE),
        change(ChangeRequest.Kind.DISABLE),
        change(ChangeRequest.Kind.ENABLE),
        Route.of(
                HttpMethod.DELETE,
                "/v1/secrets/{name}",
                Scope.SECRETS_WRITE,
                Route.Body.NONE,
                this::delete)
            .described(one("Delete a secret")),
        Route.of(HttpMethod.GET, "/v1/secrets", Scope.SECRETS_LIST, Route.Body.NONE, this::list)
            .described(
                Operation.of("secrets", "List secrets, never their values")
                    .gives(200, "The secrets.", "SecretList")));
  }

  private Route change(ChangeRequest.Kind kind) {
    return Route.of(
            HttpMethod.POST,
            "/v1/secrets/{name}/" + kind.text(),
            Scope.SECRETS_WRITE,
            Route.Body.NONE,
            exchange -> change(exchange, kind))
        .described(
            one(
                switch (kind) {
                  case PRUNE -> "Drop the versions that are no longer current";
                  case DISABLE -> "Take a secret out of use";
                  case ENABLE -> "Put a secret back into use";
                }));
  }

  private static Operation one(String summary) {
    return Operation.of("secrets", summary)
        .path("name", "The secret's name.")
        .gives(200, "What is known of it now.", "Secret");
  }

  private void change(Exchange exchange, ChangeRequest.Kind kind) {
    Principal principal = exchange.caller().principal();
    var request =
        new ChangeRequest(
            kind, new SecretName(exchange.parameter("name")), principal.tenant(), principal.id());
    vault
        .change(request, Deadline.after(TIMEOUT))
        .onSuccess(changed -> exchange.respond(200, json(changed)))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private void put(Exchange exchange, boolean rotate) {
    PutOptions options = PutQuery.options(exchange.request().params(), rotate);
    var name = new SecretName(exchange.parameter("name"));
    SecretBody.Kind kind = SecretBody.Kind.of(exchange.request().getHeader("content-type"));
    if (reading >= MOST_AT_ONCE) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, "Too many secrets are being stored at once.")
          .withHint("Try again in a second.")
          .toException();
    }
    Principal principal = exchange.caller().principal();
    var body = new SecretBody(exchange.request(), kind);
    reading++;
    exchange.awaitBody();
    long timer = vertx.setTimer(settings.bounds().bodyTimeoutMillis(), late -> body.tooSlow());
    body.read()
        .onComplete(
            read -> {
              vertx.cancelTimer(timer);
              reading--;
            })
        .compose(
            value ->
                vault.put(
                    new PutRequest(name, value, principal.tenant(), principal.id(), options),
                    Deadline.after(TIMEOUT)))
        .onSuccess(stored -> exchange.respond(stored.version() == 1 ? 201 : 200, json(stored)))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private void delete(Exchange exchange) {
    Principal principal = exchange.caller().principal();
    var request =
        new DeleteRequest(
            new SecretName(exchange.parameter("name")), principal.tenant(), principal.id());
    vault
        .delete(request, Deadline.after(TIMEOUT))
        .onSuccess(deleted -> exchange.respond(200, json(deleted)))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private void list(Exchange exchange) {
    vault
        .list(new ListRequest(exchange.caller().principal().tenant()), Deadline.after(TIMEOUT))
        .onSuccess(
            list ->
                exchange.respond(
                    200,
                    JsonValue.object()
                        .put(
                            "secrets",
                            new JsonValue.Arr(
                                list.secrets().stream().map(SecretRoutes::json).toList()))
                        .build()))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private static JsonValue json(SecretMetadata secret) {
    return VaultJson.of(secret);
  }
}
