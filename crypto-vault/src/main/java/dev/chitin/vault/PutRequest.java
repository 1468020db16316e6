package dev.chitin.vault;

/**
 * Stores a secret.
 *
 * @param name under which name
 * @param value its bytes; the vault wipes them, whether it stores them or refuses
 * @param tenant whose it is
 * @param actor who stores it, for the audit event
 * @param options how
 */
public record PutRequest(
    SecretName name, SecretBytes value, String tenant, String actor, PutOptions options) {

  /** Stores it as the only version. */
  public PutRequest(SecretName name, SecretBytes value, String tenant, String actor) {
    this(name, value, tenant, actor, PutOptions.PUT);
  }
}
