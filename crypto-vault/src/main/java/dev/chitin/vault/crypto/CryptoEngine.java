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

  /**
   * Writes the public key of an Ed25519 key (RFC 8032).
   *
   * @param seed the private key, 32 bytes
   * @param publicKey takes 32 bytes
   */
  void ed25519PublicKey(MemorySegment seed, MemorySegment publicKey);

  /**
   * Signs with Ed25519 (RFC 8032, neither pre-hashed nor with a context).
   *
   * @param seed the private key, 32 bytes
   * @param message native
   * @param signature takes 64 bytes
   */
  void ed25519Sign(MemorySegment seed, MemorySegment message, MemorySegment signature);

  /**
   * Whether {@code signature} is one of {@code message} under {@code publicKey}. What has another
   * length, or a scalar that is not below the order of the group, is none.
   */
  boolean ed25519Verify(MemorySegment publicKey, MemorySegment message, MemorySegment signature);

  /**
   * OpenSSL where its library 3 is there, else the JDK's providers. The system property {@code
   * chitin.vault.crypto}, when it is {@code jce}, leaves OpenSSL alone: for an operator whose
   * library is broken, and for tests. Either way doctor says what is used.
   */
  static CryptoEngine best() {
    if (System.getProperty("chitin.vault.crypto", "").equals("jce")) {
      return new JceEngine();
    }
    try {
      return OpensslEngine.load();
    } catch (LinkageError | IllegalArgumentException e) {
      return new JceEngine();
    }
  }
}
