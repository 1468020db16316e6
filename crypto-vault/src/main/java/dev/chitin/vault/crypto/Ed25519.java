package dev.chitin.vault.crypto;

import java.lang.foreign.MemorySegment;

/** The lengths of Ed25519 (RFC 8032). */
public final class Ed25519 {
  /** Of a private and of a public key. */
  public static final int KEY_BYTES = 32;

  public static final int SIGNATURE_BYTES = 64;

  private Ed25519() {}

  static void checkLengths(MemorySegment seed, MemorySegment publicKey) {
    if (seed.byteSize() != KEY_BYTES || publicKey.byteSize() != KEY_BYTES) {
      throw new IllegalArgumentException("an Ed25519 key has 32 bytes");
    }
  }

  static void checkSignature(MemorySegment signature) {
    if (signature.byteSize() != SIGNATURE_BYTES) {
      throw new IllegalArgumentException("an Ed25519 signature has 64 bytes");
    }
  }
}
