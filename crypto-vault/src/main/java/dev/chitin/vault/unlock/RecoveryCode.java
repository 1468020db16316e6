package dev.chitin.vault.unlock;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * 256 random bits as a person writes them down: 52 characters of base32 (RFC 4648, lower case) in
 * 13 groups of 4, and a fourteenth group that is a checksum over the others, so that a slip of the
 * pen is told from a wrong code. Bytes in native memory throughout.
 */
public final class RecoveryCode {
  private static final SecretAccess ACCESS = SecretAccess.granted();

  /** Bytes of the key. */
  public static final int BYTES = 32;

  /** Characters of the code with its hyphens. */
  public static final int CHARACTERS = 14 * 4 + 13;

  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
  private static final int DIGITS = 52;
  private static final int CHECK_DIGITS = 4;

  private RecoveryCode() {}

  /** The code of {@code key}, ASCII; the caller closes it. */
  public static SecretBytes write(SecretBytes key) {
    SecretBytes code = SecretBytes.allocate(CHARACTERS);
    int check = checksum(key.segment(ACCESS));
    int at = 0;
    for (int digit = 0; digit < DIGITS + CHECK_DIGITS; digit++) {
      if (digit > 0 && digit % 4 == 0) {
        code.segment(ACCESS).set(ValueLayout.JAVA_BYTE, at++, (byte) '-');
      }
      int value =
          digit < DIGITS
              ? bits(key.segment(ACCESS), digit * 5)
              : (check >> (5 * (DIGITS + CHECK_DIGITS - 1 - digit))) & 31;
      code.segment(ACCESS).set(ValueLayout.JAVA_BYTE, at++, (byte) ALPHABET.charAt(value));
    }
    return code;
  }

  /**
   * The key of a code; hyphens and white space may stand anywhere, letters in either case.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.slot_invalid} when it is no code
   */
  public static SecretBytes read(SecretBytes code) {
    SecretBytes key = SecretBytes.allocate(BYTES);
    int digit = 0;
    int check = 0;
    boolean sound = true;
    for (long i = 0; i < code.length(); i++) {
      int c = Character.toLowerCase(code.segment(ACCESS).get(ValueLayout.JAVA_BYTE, i));
      if (c == '-' || Character.isWhitespace(c)) {
        continue;
      }
      int value = ALPHABET.indexOf(c);
      if (value < 0 || digit == DIGITS + CHECK_DIGITS) {
        sound = false;
        break;
      }
      if (digit < DIGITS) {
        sound &= setBits(key.segment(ACCESS), digit * 5, value);
      } else {
        check = (check << 5) | value;
      }
      digit++;
    }
    if (!sound || digit != DIGITS + CHECK_DIGITS || check != checksum(key.segment(ACCESS))) {
      key.close();
      throw Problem.of(ProblemCode.VAULT_SLOT_INVALID, "That is no recovery code.")
          .withRule("recovery.code")
          .withHint("Compare each group with what was written down; the last one checks the rest.")
          .toException();
    }
    return key;
  }

  private static int bits(MemorySegment key, int from) {
    int value = 0;
    for (int bit = from; bit < from + 5; bit++) {
      int set =
          bit < BYTES * 8 ? (key.get(ValueLayout.JAVA_BYTE, bit / 8) >> (7 - bit % 8)) & 1 : 0;
      value = (value << 1) | set;
    }
    return value;
  }

  /** Whether the bits past the end of the key, which the last digit has, are zeros. */
  private static boolean setBits(MemorySegment key, int from, int value) {
    for (int bit = from; bit < from + 5; bit++) {
      int set = (value >> (4 - (bit - from))) & 1;
      if (bit >= BYTES * 8) {
        if (set != 0) {
          return false;
        }
      } else if (set != 0) {
        byte old = key.get(ValueLayout.JAVA_BYTE, bit / 8);
        key.set(ValueLayout.JAVA_BYTE, bit / 8, (byte) (old | (1 << (7 - bit % 8))));
      }
    }
    return true;
  }

  /**
   * 20 bits of CRC-32, computed bit by bit so that the key stays where it is. A hash would do as
   * well and would need a copy.
   */
  private static int checksum(MemorySegment key) {
    int crc = -1;
    for (long i = 0; i < key.byteSize(); i++) {
      crc ^= key.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ (-(crc & 1) & 0xEDB88320);
      }
    }
    return ~crc & 0xFFFFF;
  }
}
