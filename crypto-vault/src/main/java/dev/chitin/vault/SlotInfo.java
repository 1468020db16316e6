package dev.chitin.vault;

import dev.chitin.vault.store.Slot;
import java.util.List;

/**
 * What may be known of a way to open the vault.
 *
 * @param id 32 hex digits
 * @param method {@code key-file}, {@code passphrase}, {@code passphrase+key-file}, {@code recovery}
 *     or {@code recipient}
 * @param binding components of the device that it is bound to
 * @param createdMillis POSIX milliseconds
 * @param cost parameters of Argon2id, or empty
 */
public record SlotInfo(
    String id, String method, List<String> binding, long createdMillis, String cost) {
  public SlotInfo {
    binding = List.copyOf(binding);
  }

  static SlotInfo of(Slot slot) {
    String cost =
        slot.parameter("m")
            .map(
                m ->
                    "m="
                        + m
                        + " KiB, t="
                        + slot.parameter("t").orElse("?")
                        + ", p="
                        + slot.parameter("p").orElse("?"))
            .orElse("");
    return new SlotInfo(
        slot.idText(), slot.method().text(), slot.binding(), slot.createdMillis(), cost);
  }
}
