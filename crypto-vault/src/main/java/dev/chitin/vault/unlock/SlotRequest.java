package dev.chitin.vault.unlock;

import dev.chitin.vault.store.Slot;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * What a new slot shall be.
 *
 * @param method how it opens
 * @param binding components of the device to mix in, or nothing for all that there are; a recovery
 *     and a recipient slot are never bound
 * @param profile cost of a passphrase
 * @param recipient public key of 32 bytes, for a recipient slot
 */
public record SlotRequest(
    Slot.Method method,
    Optional<List<String>> binding,
    Argon2Parameters.Profile profile,
    Optional<String> recipient) {

  /** A slot for the key file. */
  public static SlotRequest keyFile(Optional<List<String>> binding) {
    return new SlotRequest(
        Slot.Method.KEY_FILE, binding, Argon2Parameters.Profile.DEFAULT, Optional.empty());
  }

  /** A slot for a passphrase, with the key file or without. */
  public static SlotRequest passphrase(
      boolean withKeyFile, Optional<List<String>> binding, Argon2Parameters.Profile profile) {
    return new SlotRequest(
        withKeyFile ? Slot.Method.PASSPHRASE_AND_KEY_FILE : Slot.Method.PASSPHRASE,
        binding,
        profile,
        Optional.empty());
  }

  public static SlotRequest recovery() {
    return new SlotRequest(
        Slot.Method.RECOVERY,
        Optional.of(List.of()),
        Argon2Parameters.Profile.DEFAULT,
        Optional.empty());
  }

  public static SlotRequest recipient(byte[] publicKey) {
    return new SlotRequest(
        Slot.Method.RECIPIENT,
        Optional.of(List.of()),
        Argon2Parameters.Profile.DEFAULT,
        Optional.of(HexFormat.of().formatHex(publicKey)));
  }
}
