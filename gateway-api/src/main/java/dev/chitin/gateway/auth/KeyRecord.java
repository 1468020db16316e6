package dev.chitin.gateway.auth;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Principal;
import java.util.List;
import java.util.Set;

/**
 * What the gateway keeps of a key.
 *
 * @param id its public part
 * @param tenant whose it is: secrets, places and sandboxes are told apart by it
 * @param name the principal that holds it
 * @param role what it may do
 * @param secretDigest SHA-256 of the secret part; 256 random bits need no slow hash
 * @param createdMillis POSIX milliseconds
 */
public record KeyRecord(
    String id, String tenant, String name, Role role, Digest secretDigest, long createdMillis) {
  /** The tenant of a key that names none. */
  public static final String TENANT = "default";

  /** What may be known of keys: {@code {"keys":[{id,tenant,name,role,created}]}}. */
  public static JsonValue.Obj listJson(List<KeyRecord> keys) {
    return JsonValue.object()
        .put(
            "keys",
            new JsonValue.Arr(
                keys.stream()
                    .<JsonValue>map(
                        key ->
                            JsonValue.object()
                                .put("id", key.id())
                                .put("tenant", key.tenant())
                                .put("name", key.name())
                                .put("role", key.role().text())
                                .put("created", key.createdMillis())
                                .build())
                    .toList()))
        .build();
  }

  public Principal principal() {
    return new Principal(tenant, name, Set.of(role.text()));
  }
}
