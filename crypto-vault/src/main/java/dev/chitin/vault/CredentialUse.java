package dev.chitin.vault;

/** A lease that is spent and recorded as used: the bytes are there for one call of one function. */
public interface CredentialUse {

  /**
   * Opens the secret for {@code function} and wipes it after, also when the function throws.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.lease_refused} the second time, or when the
   *     lease has expired or the secret was deleted meanwhile
   */
  <R> R open(SecretFunction<R> function);
}
