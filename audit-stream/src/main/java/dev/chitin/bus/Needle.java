package dev.chitin.bus;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes to look for in other bytes, by the rule of Horspool 1980: what stands under the last byte
 * says how far the next place can be. Safe for use by several threads.
 */
public final class Needle {
  private final byte[] bytes;
  private final int[] steps = new int[256];

  private Needle(byte[] bytes) {
    if (bytes.length == 0) {
      throw new IllegalArgumentException("nothing to look for");
    }
    this.bytes = bytes;
    Arrays.fill(steps, bytes.length);
    for (int i = 0; i < bytes.length - 1; i++) {
      steps[bytes[i] & 0xFF] = bytes.length - 1 - i;
    }
  }

  /**
   * The UTF-8 of {@code text}.
   *
   * @param text at least one character
   */
  public static Needle of(String text) {
    return new Needle(text.getBytes(StandardCharsets.UTF_8));
  }

  /** How many bytes it has. */
  public int length() {
    return bytes.length;
  }

  /** Whether {@code hay} holds it. */
  public boolean isIn(byte[] hay) {
    return indexIn(hay) >= 0;
  }

  /** Where it begins in {@code hay} for the first time; -1 when it is not there. */
  public int indexIn(byte[] hay) {
    int last = bytes.length - 1;
    for (int at = 0; at + last < hay.length; at += steps[hay[at + last] & 0xFF]) {
      if (Arrays.equals(hay, at, at + bytes.length, bytes, 0, bytes.length)) {
        return at;
      }
    }
    return -1;
  }
}
