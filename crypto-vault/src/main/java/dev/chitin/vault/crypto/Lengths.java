package dev.chitin.vault.crypto;

import java.lang.foreign.MemorySegment;

/**
 * The lengths that both engines take, checked alike: a provider left to itself would make AES-128
 * of a shorter key.
 */
final class Lengths {
  private Lengths() {}

  static void check(
      MemorySegment key, MemorySegment nonce, MemorySegment plaintext, MemorySegment sealed) {
    if (key.byteSize() != CryptoEngine.KEY_BYTES
        || nonce.byteSize() != CryptoEngine.NONCE_BYTES
        || sealed.byteSize() != plaintext.byteSize() + CryptoEngine.TAG_BYTES
        || sealed.byteSize() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("a key, nonce or text of another length");
    }
  }

  static void checkMac(MemorySegment mac) {
    if (mac.byteSize() != CryptoEngine.MAC_BYTES) {
      throw new IllegalArgumentException("a MAC has 32 bytes");
    }
  }
}
