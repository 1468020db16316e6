package dev.chitin.gateway.auth;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Principal;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway keeps of a key.
 *
 * @param id its public part
 * @param tenant whose it is: secrets, places and sandboxes are told apart by it
 * @param name the principal that holds it
 * @param role the most that it may do
 * @param scopes to what it is narrowed, or empty for all of the role
 * @param secretDigest SHA-256 of the secret part; 256 random bits need no slow hash
 * @param createdMillis POSIX milliseconds
 * @param expiresMillis POSIX milliseconds, or null for never
 * @param lastUsedMillis POSIX milliseconds to the hour, or null when it was never used
 * @param replaces id of the key that this one was made to replace, or null
 */
public record KeyRecord(
    String id,
    String tenant,
    String name,
    Role role,
    List<String> scopes,
    Digest secretDigest,
    long createdMillis,
    @Nullable Long expiresMillis,
    @Nullable Long lastUsedMillis,
    @Nullable String replaces) {
  /** The tenant of a key that names none. */
  public static final String TENANT = "default";

  public KeyRecord {
    scopes = List.copyOf(scopes);
  }

  /** What may be known of keys, as {@code {"keys":[…]}}: all but the secret's digest. */
  public static JsonValue.Obj listJson(List<KeyRecord> keys) {
    return JsonValue.object()
        .put(
            "keys",
            new JsonValue.Arr(keys.stream().<JsonValue>map(key -> key.open().build()).toList()))
        .build();
  }

  private JsonValue.Builder open() {
    JsonValue.Builder json =
        JsonValue.object()
            .put("id", id)
            .put("tenant", tenant)
            .put("name", name)
            .put("role", role.text())
            .put("scopes", permissions().texts())
            .put("created", createdMillis)
            .put("replaces", replaces);
    put(json, "expires", expiresMillis);
    put(json, "lastUsed", lastUsedMillis);
    return json;
  }

  /** As it stands in the file of keys. */
  JsonValue.Obj stored() {
    JsonValue.Builder json =
        JsonValue.object()
            .put("id", id)
            .put("tenant", tenant)
            .put("name", name)
            .put("role", role.text())
            .put("secretDigest", secretDigest.toString())
            .put("created", createdMillis)
            .put("replaces", replaces);
    if (!scopes.isEmpty()) {
      json.put("scopes", scopes);
    }
    put(json, "expires", expiresMillis);
    put(json, "lastUsed", lastUsedMillis);
    return json.build();
  }

  private static void put(JsonValue.Builder json, String name, @Nullable Long value) {
    if (value != null) {
      json.put(name, value);
    }
  }

  /** Reads what {@link #stored} wrote, or an earlier version that knew less. */
  static KeyRecord of(JsonFields fields) {
    var key =
        new KeyRecord(
            fields.required("id", fields.string("id")),
            fields.string("tenant").orElse(TENANT),
            fields.required("name", fields.string("name")),
            fields.required("role", fields.string("role").flatMap(Role::of)),
            fields.strings("scopes").orElse(List.of()),
            Digest.parse(fields.required("secretDigest", fields.string("secretDigest"))),
            fields.required("created", fields.integer("created", 0, JsonValue.Int.MAX)),
            fields.integer("expires", 0, JsonValue.Int.MAX).orElse(null),
            fields.integer("lastUsed", 0, JsonValue.Int.MAX).orElse(null),
            fields.string("replaces").orElse(null));
    fields.end();
    return key;
  }

  /** A key like it: with all its life before it, when that is limited. */
  KeySpec spec() {
    Long life = expiresMillis == null ? null : expiresMillis - createdMillis;
    return new KeySpec(tenant, name, role, scopes, life);
  }

  KeyRecord expiring(long millis) {
    return new KeyRecord(
        id,
        tenant,
        name,
        role,
        scopes,
        secretDigest,
        createdMillis,
        millis,
        lastUsedMillis,
        replaces);
  }

  KeyRecord used(long millis) {
    return new KeyRecord(
        id,
        tenant,
        name,
        role,
        scopes,
        secretDigest,
        createdMillis,
        expiresMillis,
        millis,
        replaces);
  }

  boolean isExpired(long nowMillis) {
    return expiresMillis != null && nowMillis >= expiresMillis;
  }

  public Principal principal() {
    return new Principal(tenant, name, Set.of(role.text()));
  }

  public Permissions permissions() {
    return Permissions.narrowed(role, scopes);
  }
}
