package dev.chitin.vault.unlock;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What a new passphrase has to be. */
public final class Passphrase {
  private static final SecretAccess ACCESS = SecretAccess.granted();

  /** Fewest characters. */
  public static final int MIN_CHARACTERS = 12;

  private Passphrase() {}

  /**
   * Refuses a passphrase that is too short for a new slot.
   *
   * @param passphrase UTF-8
   * @throws dev.chitin.bus.ChitinException {@code vault.slot_invalid}
   */
  public static void check(SecretBytes passphrase) {
    MemorySegment text = passphrase.segment(ACCESS);
    int characters = 0;
    for (long i = 0; i < text.byteSize(); i++) {
      // Each character of UTF-8 has one byte that is not a continuation.
      if ((text.get(ValueLayout.JAVA_BYTE, i) & 0xC0) != 0x80) {
        characters++;
      }
    }
    if (characters < MIN_CHARACTERS) {
      throw Problem.of(
              ProblemCode.VAULT_SLOT_INVALID,
              "The passphrase has fewer than " + MIN_CHARACTERS + " characters.")
          .withRule("passphrase.length")
          .withHint("Choose a longer one: several words.")
          .toException();
    }
  }
}
