package dev.chitin.vault.unlock;

import dev.chitin.vault.SecretBytes;

/** Makes a key of a passphrase. */
@FunctionalInterface
public interface PassphraseKdf {
  /**
   * 32 bytes; the caller closes both.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.slot_invalid} or {@code vault.unavailable}
   */
  SecretBytes derive(SecretBytes passphrase, Argon2Parameters parameters);
}
