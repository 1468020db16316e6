package dev.chitin.gateway;

import dev.chitin.vault.SecretBytes;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How the operator lets the gateway into its vault beside the key file.
 *
 * @param passphrase asks for it, or gives nothing when nobody can be asked; called when a slot
 *     needs it and nothing else has opened the vault
 * @param recovery asks for the recovery code when it shall open the vault; gives its key
 * @param acceptRollback whether the state on disk is taken for the true one against the log
 */
public record VaultAccess(
    Supplier<Optional<SecretBytes>> passphrase,
    Supplier<Optional<SecretBytes>> recovery,
    boolean acceptRollback) {

  /** The key file alone. */
  public static final VaultAccess KEY_FILE =
      new VaultAccess(Optional::empty, Optional::empty, false);
}
