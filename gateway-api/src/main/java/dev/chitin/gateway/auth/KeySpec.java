package dev.chitin.gateway.auth;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key to be made.
 *
 * @param tenant whose it will be
 * @param name the principal that will hold it
 * @param role the most that it may do
 * @param scopes what it may do of that, or empty for all
 * @param lifeMillis how long it holds, or null for as long as it is not revoked
 */
public record KeySpec(
    String tenant, String name, Role role, List<String> scopes, @Nullable Long lifeMillis) {
  public KeySpec {
    scopes = List.copyOf(scopes);
  }

  /** A key with all that its role has, for as long as it is not revoked. */
  public static KeySpec of(String tenant, String name, Role role) {
    return new KeySpec(tenant, name, role, List.of(), null);
  }
}
