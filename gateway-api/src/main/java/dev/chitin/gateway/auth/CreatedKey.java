package dev.chitin.gateway.auth;

/**
 * A key at the one moment when it can be shown.
 *
 * @param id its public part
 * @param key the whole key
 */
public record CreatedKey(String id, String key) {
  @Override
  public String toString() {
    return "CreatedKey[" + id + "]";
  }
}
