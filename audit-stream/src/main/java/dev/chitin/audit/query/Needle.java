package dev.chitin.audit.query;

import java.util.Arrays;

/**
 * Bytes to look for in other bytes, by the rule of Horspool 1980: what stands under the last byte
 * says how far the next place can be. Safe for use by several threads.
 */
final class Needle {
  private final byte[] bytes;
  private final int[] steps = new int[256];

  /**
   * Takes over {@code bytes}.
   *
   * @param bytes at least one
   */
  Needle(byte[] bytes) {
    this.bytes = bytes;
    Arrays.fill(steps, bytes.length);
    for (int i = 0; i < bytes.length - 1; i++) {
      steps[bytes[i] & 0xFF] = bytes.length - 1 - i;
    }
  }

  boolean isIn(byte[] text) {
    int last = bytes.length - 1;
    for (int at = 0; at + last < text.length; at += steps[text[at + last] & 0xFF]) {
      if (Arrays.equals(text, at, at + bytes.length, bytes, 0, bytes.length)) {
        return true;
      }
    }
    return false;
  }
}
