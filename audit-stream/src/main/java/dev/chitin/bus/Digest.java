package dev.chitin.bus;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** A SHA-256 digest (FIPS 180-4), 32 bytes, written as {@code sha256:<64 lower-case hex>}. */
public final class Digest {
  private static final String PREFIX = "sha256:";

  /** Fed and emptied within one call: finding the algorithm takes longer than a short text. */
  private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Digest::sha256);

  private final byte[] value;

  private Digest(byte[] value) {
    this.value = value;
  }

  /** The digest of the concatenation of {@code parts}. */
  public static Digest of(byte[]... parts) {
    MessageDigest sha = SHA_256.get();
    sha.reset(); // Whoever was before may have failed half way.
    for (byte[] part : parts) {
      sha.update(part);
    }
    return new Digest(sha.digest());
  }

  /** The digest of {@code text} in UTF-8. */
  public static Digest ofUtf8(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Takes 32 digest bytes as they are.
   *
   * @throws IllegalArgumentException when there are not 32
   */
  public static Digest ofBytes(byte[] bytes) {
    if (bytes.length != 32) {
      throw new IllegalArgumentException("a SHA-256 digest has 32 bytes, not " + bytes.length);
    }
    return new Digest(bytes.clone());
  }

  /**
   * Reads the form that {@link #toString()} writes.
   *
   * @throws IllegalArgumentException when the text has another form
   */
  public static Digest parse(String text) {
    if (!text.startsWith(PREFIX) || text.length() != PREFIX.length() + 64) {
      throw new IllegalArgumentException("not a digest of the form sha256:<64 hex>");
    }
    return new Digest(HexFormat.of().parseHex(text, PREFIX.length(), text.length()));
  }

  public byte[] toArray() {
    return value.clone();
  }

  /** The array itself, for readers that neither keep nor change it. */
  public byte[] borrow() {
    return value;
  }

  public String toHex() {
    return HexFormat.of().formatHex(value);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Compares in constant time. */
  @Override
  public boolean equals(Object o) {
    return o instanceof Digest other && MessageDigest.isEqual(value, other.value);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(value);
  }

  @Override
  public String toString() {
    return PREFIX + toHex();
  }
}
