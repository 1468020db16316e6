package dev.chitin.gateway.auth;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * A gateway key as its holder writes it: {@code ck_<id>_<secret><check>}. The id (96 bits) finds
 * the record and may be logged, the secret has 256 bits, the check is the CRC-32 of both, so that a
 * mistyped key is refused without a look-up; all in base 62.
 *
 * @param id 17 characters
 * @param secret 43 characters
 */
record ApiKey(String id, String secret) {
  /** How every key begins. */
  static final String PREFIX = "ck_";

  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final int ID_AT = PREFIX.length();
  private static final int SECRET_AT = ID_AT + 17 + 1;
  private static final int CHECK_AT = SECRET_AT + 43;
  private static final int LENGTH = CHECK_AT + 6;
  private static final BigInteger BASE = BigInteger.valueOf(62);

  /** A new key. */
  static ApiKey generate(SecureRandom random) {
    return new ApiKey(digits(random, 96, 17), digits(random, 256, 43));
  }

  /** Reads a presented key; empty when it has not the form of one or its check is wrong. */
  static Optional<ApiKey> parse(String presented) {
    if (!hasForm(presented)) {
      return Optional.empty();
    }
    var key =
        new ApiKey(
            presented.substring(ID_AT, SECRET_AT - 1), presented.substring(SECRET_AT, CHECK_AT));
    return presented.startsWith(key.check(), CHECK_AT) ? Optional.of(key) : Optional.empty();
  }

  /** {@code ck_<id>_<secret><check>}; looked at for each request, hence without an expression. */
  private static boolean hasForm(String presented) {
    if (presented.length() != LENGTH
        || !presented.startsWith(PREFIX)
        || presented.charAt(SECRET_AT - 1) != '_') {
      return false;
    }
    for (int i = ID_AT; i < LENGTH; i++) {
      if (i != SECRET_AT - 1 && !isDigit(presented.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** Whether a text can be the id of a key. */
  static boolean isId(String text) {
    return text.length() == SECRET_AT - 1 - ID_AT && text.chars().allMatch(c -> isDigit((char) c));
  }

  private static boolean isDigit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }

  /** The whole key, to be shown once. */
  String reveal() {
    return PREFIX + id + "_" + secret + check();
  }

  private String check() {
    var crc = new CRC32();
    crc.update((id + "_" + secret).getBytes(StandardCharsets.US_ASCII));
    char[] text = new char[LENGTH - CHECK_AT];
    long rest = crc.getValue();
    for (int i = text.length - 1; i >= 0; i--) {
      text[i] = DIGITS.charAt((int) (rest % DIGITS.length()));
      rest /= DIGITS.length();
    }
    return new String(text);
  }

  private static String digits(SecureRandom random, int bits, int length) {
    return digits(new BigInteger(bits, random), length);
  }

  private static String digits(BigInteger number, int length) {
    char[] text = new char[length];
    BigInteger rest = number;
    for (int i = length - 1; i >= 0; i--) {
      BigInteger[] parts = rest.divideAndRemainder(BASE);
      text[i] = DIGITS.charAt(parts[1].intValue());
      rest = parts[0];
    }
    return new String(text);
  }

  @Override
  public String toString() {
    return "ApiKey[" + id + "]";
  }
}
