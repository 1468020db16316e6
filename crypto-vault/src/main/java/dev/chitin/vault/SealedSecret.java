package dev.chitin.vault;

import dev.chitin.vault.store.Manifest.Secret;
import dev.chitin.vault.store.Manifest.Version;
import java.util.Optional;

/**
 * One version of a secret as it is sealed; what a lease holds on to.
 *
 * @param secret with all its versions, as they were then
 * @param entry the version
 * @param value the box of its value
 * @param binding where it may go, or nothing
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record SealedSecret(Secret secret, Version entry, byte[] value, Optional<SecretBinding> binding) {

  SealedSecret(Secret secret, Version entry, byte[] value) {
    this(secret, entry, value, SecretBinding.stored(entry.binding()));
  }

  /** Refuses a place that the secret is not bound to. */
  void check(LeaseBinding place) {
    binding.ifPresent(bound -> bound.check(place));
  }
}
