package dev.chitin.audit;

import dev.chitin.bus.Bytes;

/**
 * Holds the log's Ed25519 key (RFC 8032) and signs with it. The log asks for a signature about once
 * a second, on a thread that may block.
 */
public interface CheckpointSigner {

  /** The key's name, which is the log's origin. */
  String name();

  /** The public key, 32 bytes. */
  Bytes publicKey();

  /**
   * The signature over {@code message}, 64 bytes.
   *
   * @throws RuntimeException when the key is not at hand; the log then asks again later
   */
  byte[] sign(byte[] message);
}
