package dev.chitin.vault;

import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.crypto.Ed25519;
import dev.chitin.vault.memory.SecretMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Signs with Ed25519 (RFC 8032) under a private key that stays in secret memory. The engine has it
 * in memory of its own for the time of one signature and wipes that. Safe for use from any thread
 * until it is closed.
 */
public final class Ed25519Signer implements AutoCloseable {
  /** Length of a private key, of a public key, in bytes. */
  public static final int KEY_BYTES = Ed25519.KEY_BYTES;

  /** Length of a signature in bytes. */
  public static final int SIGNATURE_BYTES = Ed25519.SIGNATURE_BYTES;

  private final CryptoEngine engine;
  private final SecretBytes seed;
  private final byte[] publicKey;

  private Ed25519Signer(CryptoEngine engine, SecretBytes seed) {
    this.engine = engine;
    this.seed = seed;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocate(KEY_BYTES);
      engine.ed25519PublicKey(seed.segment(), key);
      this.publicKey = key.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /** A signer with a fresh key of the system's generator. */
  public static Ed25519Signer generate() {
    SecretBytes seed = SecretBytes.allocate(KEY_BYTES);
    SecretMemory.random(seed.segment());
    return of(seed);
  }

  /**
   * A signer with the private key {@code seed}, 32 bytes, which it closes with itself.
   *
   * @throws IllegalArgumentException when it has another length; it is closed then as well
   */
  public static Ed25519Signer of(SecretBytes seed) {
    try {
      return new Ed25519Signer(CryptoEngine.best(), seed);
    } catch (RuntimeException e) {
      seed.close();
      throw e;
    }
  }

  /** The public key, 32 bytes. */
  public byte[] publicKey() {
    return publicKey.clone();
  }

  /** The signature of {@code message}, 64 bytes. */
  public byte[] sign(byte[] message) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = copy(arena, message);
      MemorySegment signature = arena.allocate(SIGNATURE_BYTES);
      engine.ed25519Sign(seed.segment(), text, signature);
      return signature.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /** Whether {@code signature} is one of {@code message} under {@code publicKey}. */
  public static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
    try (Arena arena = Arena.ofConfined()) {
      return CryptoEngine.best()
          .ed25519Verify(copy(arena, publicKey), copy(arena, message), copy(arena, signature));
    }
  }

  private static MemorySegment copy(Arena arena, byte[] bytes) {
    MemorySegment copy = arena.allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, copy, 0, bytes.length);
    return copy;
  }

  /** Wipes the private key. */
  @Override
  public void close() {
    seed.close();
  }

  @Override
  public String toString() {
    return "Ed25519Signer[redacted]";
  }
}
