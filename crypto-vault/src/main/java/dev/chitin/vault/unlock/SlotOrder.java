package dev.chitin.vault.unlock;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.KeyFile;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.store.Slot;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A slot as an operator asks for it, in words, and the credential that comes with it.
 *
 * @param request what is asked for
 */
public record SlotOrder(SlotRequest request) {

  /**
   * Reads an order.
   *
   * @param method the method's name
   * @param profile a cost's name, or null for the default
   * @param binding names with commas between, {@code none}, or null for all that there are
   * @param key public key of a recipient, 64 hex digits, or null
   * @throws dev.chitin.bus.ChitinException {@code vault.slot_invalid}
   */
  public static SlotOrder of(
      String method, @Nullable String profile, @Nullable String binding, @Nullable String key) {
    return new SlotOrder(
        switch (method) {
          case "key-file" -> SlotRequest.keyFile(binding(binding));
          case "passphrase" -> SlotRequest.passphrase(false, binding(binding), profile(profile));
          case "passphrase+key-file" ->
              SlotRequest.passphrase(true, binding(binding), profile(profile));
          case "recovery" -> SlotRequest.recovery();
          case "recipient" -> SlotRequest.recipient(key(key));
          default -> throw invalid("There is no unlock method of that name.");
        });
  }

  private static Optional<List<String>> binding(@Nullable String text) {
    if (text == null) {
      return Optional.empty();
    }
    return Optional.of(text.equals("none") ? List.of() : List.of(text.split(",")));
  }

  private static Argon2Parameters.Profile profile(@Nullable String name) {
    return name == null
        ? Argon2Parameters.Profile.DEFAULT
        : Argon2Parameters.Profile.of(name)
            .orElseThrow(
                () ->
                    invalid(
                        "A profile is one of "
                            + String.join(", ", Argon2Parameters.Profile.names())
                            + "."));
  }

  private static byte[] key(@Nullable String hex) {
    if (hex == null || !hex.matches("[0-9a-f]{64}")) {
      throw invalid("A recipient is a key of 64 hex digits.");
    }
    return HexFormat.of().parseHex(hex);
  }

  /**
   * The credential of the slot, which takes {@code given} over.
   *
   * @param given a passphrase or a recovery key; empty for a method that needs neither
   */
  public Credentials credentials(KeyFile keyFile, SecretBytes given) {
    Credentials file = Credentials.keyFile(keyFile);
    if (request.method().needsPassphrase()) {
      return file.withPassphrase(given);
    }
    if (request.method() == Slot.Method.RECOVERY) {
      if (given.length() != RecoveryCode.BYTES) {
        given.close();
        throw invalid("A recovery key has 32 bytes.");
      }
      return file.withRecovery(given);
    }
    given.close();
    return file;
  }

  private static RuntimeException invalid(String detail) {
    return Problem.of(ProblemCode.VAULT_SLOT_INVALID, detail)
        .withRule("slot.request")
        .withHint("chitin vault --help lists what there is.")
        .toException();
  }
}
