package dev.chitin.gateway.auth;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  private static final Pattern FORM =
      Pattern.compile("ck_([0-9A-Za-z]{17})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})");
  private static final BigInteger BASE = BigInteger.valueOf(62);

  /** A new key. */
  static ApiKey generate(SecureRandom random) {
    return new ApiKey(digits(random, 96, 17), digits(random, 256, 43));
  }

  /** Reads a presented key; empty when it has not the form of one or its check is wrong. */
  static Optional<ApiKey> parse(String presented) {
    Matcher matcher = FORM.matcher(presented);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    var key = new ApiKey(matcher.group(1), matcher.group(2));
    return key.check().equals(matcher.group(3)) ? Optional.of(key) : Optional.empty();
  }

  /** The whole key, to be shown once. */
  String reveal() {
    return PREFIX + id + "_" + secret + check();
  }

  private String check() {
    var crc = new CRC32();
    crc.update((id + "_" + secret).getBytes(StandardCharsets.US_ASCII));
    return digits(BigInteger.valueOf(crc.getValue()), 6);
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
