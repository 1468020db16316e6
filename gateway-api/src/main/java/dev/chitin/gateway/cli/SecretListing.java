package dev.chitin.gateway.cli;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.http.VaultJson;
import dev.chitin.vault.ListRequest;
import dev.chitin.vault.SecretMetadata;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Secrets as the vault lists them, and how they are shown: names and what they are bound to. */
final class SecretListing {
  private SecretListing() {}

  /** Every secret, under {@code secrets}. */
  static JsonValue.Obj fetch(Session session) {
    return session.either(
        client -> client.call(HttpMethod.GET, "/v1/secrets"),
        foundation ->
            listJson(
                foundation
                    .vault()
                    .list(new ListRequest(KeyRecord.TENANT), Session.deadline())
                    .await()
                    .secrets()));
  }

  /** The secrets of {@link #fetch}, one by one. */
  static List<JsonValue.Obj> items(JsonValue.Obj secrets) {
    List<JsonValue.Obj> items = new ArrayList<>();
    if (secrets.get("secrets") instanceof JsonValue.Arr list) {
      for (JsonValue item : list.items()) {
        if (item instanceof JsonValue.Obj secret) {
          items.add(secret);
        }
      }
    }
    return items;
  }

  private static JsonValue.Obj listJson(List<SecretMetadata> secrets) {
    return JsonValue.object()
        .put("secrets", new JsonValue.Arr(secrets.stream().<JsonValue>map(VaultJson::of).toList()))
        .build();
  }

  /** What a secret is bound to, in words. */
  static String binding(JsonValue.Obj secret) {
    if (!(secret.get("binding") instanceof JsonValue.Obj bound)) {
      return "bound to nothing";
    }
    String methods =
        bound.get("methods") instanceof JsonValue.Arr list && !list.items().isEmpty()
            ? list.items().stream()
                .map(method -> method instanceof JsonValue.Str text ? text.value() : "")
                .collect(Collectors.joining(","))
            : "any method";
    return "bound to %s://%s:%s%s, %s, %s %s"
        .formatted(
            Texts.of(bound, "scheme"),
            Texts.of(bound, "host"),
            Texts.of(bound, "port"),
            Texts.of(bound, "path_prefix"),
            methods,
            Texts.of(bound, "name"),
            Texts.of(bound, "format"));
  }

  /** A time in milliseconds since 1970 as ISO 8601, or {@code never}. */
  static String time(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Int millis && millis.value() > 0
        ? Instant.ofEpochMilli(millis.value()).toString()
        : "never";
  }
}
