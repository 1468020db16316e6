package dev.chitin.gateway.http;

import java.util.Arrays;

/**
 * Cuts a byte stream where no UTF-8 sequence is split: the begun sequence at the end of a piece, at
 * most three bytes, waits for the next. Bytes that are no UTF-8 at all pass as they are.
 */
final class Utf8Border {
  private byte[] held = {};

  /** What of {@code piece}, after what was held, can be shown now. */
  byte[] take(byte[] piece) {
    byte[] all = Arrays.copyOf(held, held.length + piece.length);
    System.arraycopy(piece, 0, all, held.length, piece.length);
    int begun = begunSequence(all);
    held = Arrays.copyOfRange(all, all.length - begun, all.length);
    return Arrays.copyOf(all, all.length - begun);
  }

  /** What is still held, at the end of the stream. */
  byte[] rest() {
    byte[] rest = held;
    held = new byte[0];
    return rest;
  }

  private static int begunSequence(byte[] bytes) {
    for (int back = 1; back <= Math.min(3, bytes.length); back++) {
      int b = bytes[bytes.length - back] & 0xFF;
      if (b >= 0xC0) {
        int needed = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
        return needed > back ? back : 0;
      }
      if (b < 0x80) {
        return 0;
      }
    }
    return 0;
  }
}
