package dev.chitin.vault.crypto;

import java.lang.foreign.MemorySegment;

/**
 * AES-256-GCM (NIST SP 800-38D, 96-bit nonce, 128-bit tag) and HMAC-SHA256 (RFC 2104) over native
 * segments. Safe for use from any thread.
 */
public sealed interface CryptoEngine permits OpensslEngine, JceEngine {
  int KEY_BYTES = 32;
  int NONCE_BYTES = 12;
  int TAG_BYTES = 16;
  int MAC_BYTES = 32;

  /** {@code openssl}, or {@code jce}, which is a degraded mode: keys touch the heap. */
  String name();

  /**
   * Encrypts.
   *
   * @param sealed takes ciphertext and tag: 16 bytes longer than {@code plaintext}
   */
  void seal(
      MemorySegment key,
      MemorySegment nonce,
      MemorySegment aad,
      MemorySegment plaintext,
      MemorySegment sealed);

  /**
   * Decrypts. On a wrong tag {@code plaintext} is zeroed.
   *
   * @param plaintext 16 bytes shorter than {@code sealed}
   * @return whether the tag is right
   */
  boolean open(
      MemorySegment key,
      MemorySegment nonce,
      MemorySegment aad,
      MemorySegment sealed,
      MemorySegment plaintext);

  /** Writes HMAC-SHA256 of {@code data} under {@code key} to {@code mac}, 32 bytes. */
  void hmac(MemorySegment key, MemorySegment data, MemorySegment mac);

  /** OpenSSL where its library 3 is there, else the JDK's providers. */
  static CryptoEngine best() {
    try {
      return OpensslEngine.load();
    } catch (LinkageError | IllegalArgumentException e) {
      return new JceEngine();
    }
  }
}
