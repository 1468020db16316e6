package dev.chitin.gateway.http;

import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.vault.KeyFile;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.SecretName;
import dev.chitin.vault.VaultAdministration;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.SlotOrder;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * The vault as a whole: its slots, its keys, and secrets that go from one vault to another; on the
 * administration socket only. A passphrase or a recovery key comes as the body's bytes.
 */
final class VaultRoutes {
  private static final Duration TIMEOUT = Duration.ofSeconds(150);

  private final VaultAdministration vault;
  private final Supplier<KeyFile> keyFile;

  VaultRoutes(VaultAdministration vault, Supplier<KeyFile> keyFile) {
    this.vault = vault;
    this.keyFile = keyFile;
  }

  List<Route> routes() {
    return List.of(
        route(HttpMethod.GET, "/admin/vault", Route.Body.NONE, this::show),
        route(HttpMethod.POST, "/admin/vault/slots/{method}", Route.Body.OCTETS, this::add),
        route(HttpMethod.DELETE, "/admin/vault/slots/{id}", Route.Body.NONE, this::remove),
        route(HttpMethod.POST, "/admin/vault/rotate-root", Route.Body.OCTETS, this::rotateRoot),
        route(HttpMethod.POST, "/admin/vault/rotate-kek", Route.Body.NONE, this::rotateKek),
        route(HttpMethod.POST, "/admin/vault/recipient", Route.Body.NONE, this::recipient),
        route(
            HttpMethod.POST,
            "/admin/vault/export/{name}/{recipient}",
            Route.Body.NONE,
            this::export),
        route(HttpMethod.POST, "/admin/vault/import", Route.Body.JSON, this::takeIn));
  }

  private static Route route(
      HttpMethod method, String path, Route.Body body, Route.Handler handler) {
    return Route.of(method, path, Scope.ADMIN, body, handler);
  }

  private void show(Exchange exchange) {
    exchange.respond(200, VaultJson.of(vault));
  }

  private void add(Exchange exchange) {
    SlotOrder order =
        SlotOrder.of(
            exchange.parameter("method"),
            exchange.request().getParam("profile"),
            exchange.request().getParam("binding"),
            exchange.request().getParam("key"));
    answer(
        exchange,
        201,
        new SecretBody(exchange.request(), SecretBody.Kind.OCTETS)
            .read()
            .compose(
                given ->
                    vault.addSlot(
                        order.request(), order.credentials(keyFile.get(), given), deadline()))
            .map(VaultJson::of));
  }

  private void remove(Exchange exchange) {
    answer(
        exchange, 200, vault.removeSlot(exchange.parameter("id"), deadline()).map(VaultJson::of));
  }

  private void rotateRoot(Exchange exchange) {
    answer(
        exchange,
        200,
        new SecretBody(exchange.request(), SecretBody.Kind.OCTETS)
            .read()
            .compose(passphrase -> vault.rotateRoot(credentials(passphrase), deadline()))
            .map(VaultJson::of));
  }

  private Credentials credentials(SecretBytes passphrase) {
    Credentials file = Credentials.keyFile(keyFile.get());
    if (passphrase.length() == 0) {
      passphrase.close();
      return file;
    }
    return file.withPassphrase(passphrase);
  }

  private void rotateKek(Exchange exchange) {
    answer(
        exchange,
        202,
        vault.rotateKek(deadline()).map(term -> JsonValue.object().put("term", term).build()));
  }

  private void recipient(Exchange exchange) {
    answer(
        exchange,
        200,
        vault.recipient(deadline()).map(key -> JsonValue.object().put("recipient", key).build()));
  }

  private void export(Exchange exchange) {
    answer(
        exchange,
        200,
        vault
            .export(
                exchange.caller().principal().tenant(),
                new SecretName(exchange.parameter("name")),
                exchange.parameter("recipient"),
                exchange.caller().principal().id(),
                deadline())
            .map(line -> JsonValue.object().put("secret", line).build()));
  }

  private void takeIn(Exchange exchange) {
    JsonFields body;
    try {
      body = JsonFields.of(StrictJson.parse(exchange.body().borrow()), "");
    } catch (JsonSyntaxException e) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED, "The body cannot be read: " + e.reason() + ".")
          .toException();
    }
    String line = body.required("secret", body.string("secret"));
    body.end();
    answer(
        exchange,
        200,
        vault
            .takeIn(
                exchange.caller().principal().tenant(),
                line,
                exchange.caller().principal().id(),
                deadline())
            .map(VaultJson::of));
  }

  private static void answer(Exchange exchange, int status, Future<JsonValue.Obj> result) {
    result
        .onSuccess(document -> exchange.respond(status, document))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private static Deadline deadline() {
    return Deadline.after(TIMEOUT);
  }
}
