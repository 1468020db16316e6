package dev.chitin.gateway.cli;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Foundation;
import dev.chitin.gateway.GatewaySettings;
import dev.chitin.gateway.auth.KeyChanges;
import dev.chitin.gateway.auth.KeyOperations;
import dev.chitin.gateway.auth.KeyStore;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.function.Function;

/**
 * Where keys are kept: with the running gateway, through its administration socket, or in the files
 * of a stopped one.
 */
final class KeyDesk {

  private final Session session;

  KeyDesk(Session session) {
    this.session = session;
  }

  JsonValue.Obj create(JsonValue.Obj body) {
    return change(
        HttpMethod.POST, "/admin/keys", body, keys -> keys.create(JsonFields.of(body, "")));
  }

  JsonValue.Obj rotate(String id, JsonValue.Obj body) {
    return change(
        HttpMethod.POST,
        "/admin/keys/" + KeyStore.checkedId(id) + "/rotate",
        body,
        keys -> keys.rotate(id, JsonFields.of(body, "")));
  }

  JsonValue.Obj revoke(String id) {
    return change(
        HttpMethod.DELETE,
        "/admin/keys/" + KeyStore.checkedId(id),
        JsonValue.Obj.EMPTY,
        keys -> keys.revoke(id));
  }

  JsonValue.Obj revokeToken(JsonValue.Obj body) {
    return change(
        HttpMethod.POST,
        "/admin/tokens/revoke",
        body,
        keys -> keys.revokeToken(JsonFields.of(body, "")));
  }

  JsonValue.Obj restoreToken(JsonValue.Obj body) {
    return change(
        HttpMethod.POST,
        "/admin/tokens/restore",
        body,
        keys -> keys.restoreToken(JsonFields.of(body, "")));
  }

  JsonValue.Obj list() {
    if (isUp()) {
      try (var client = new AdminClient(session.home().adminSocket())) {
        return client.call(HttpMethod.GET, "/admin/keys");
      }
    }
    GatewaySettings settings = session.settings(null);
    try (Foundation foundation = session.foundation(settings)) {
      return operations(foundation, settings).list();
    }
  }

  private static KeyOperations operations(Foundation foundation, GatewaySettings settings) {
    return new KeyOperations(foundation.keys(), settings.auth().issuerNames(), Session.ACTOR);
  }

  private boolean isUp() {
    return AdminClient.listens(session.home().adminSocket());
  }

  private JsonValue.Obj change(
      HttpMethod method,
      String path,
      JsonValue.Obj body,
      Function<KeyOperations, KeyOperations.Change> here) {
    if (isUp()) {
      try (var client = new AdminClient(session.home().adminSocket())) {
        return client.call(
            method, path, "application/json", Buffer.buffer(CanonicalJson.string(body)));
      }
    }
    GatewaySettings settings = session.settings(null);
    try (Foundation foundation = session.foundation(settings)) {
      return new KeyChanges(foundation.vertx(), foundation.audit(), () -> {})
          .make(operations(foundation, settings), here)
          .await();
    }
  }
}
