package dev.chitin.vault.crypto;

import dev.chitin.vault.memory.SecretMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** HKDF-SHA256 (RFC 5869) whose intermediate values stay in secret memory. */
public final class Hkdf {
  private static final int HASH = CryptoEngine.MAC_BYTES;

  private Hkdf() {}

  /**
   * Derives {@code okm} from {@code ikm}.
   *
   * @param salt native; may be empty
   * @param info public context
   * @param okm takes up to 255 × 32 bytes
   */
  public static void derive(
      CryptoEngine engine, MemorySegment ikm, MemorySegment salt, byte[] info, MemorySegment okm) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scratch = SecretMemory.allocate(arena, scratchBytes(info));
      try {
        derive(engine, scratch, ikm, salt, info, okm);
      } finally {
        SecretMemory.wipe(scratch);
      }
    }
  }

  /** How much scratch {@link #derive} needs. */
  static long scratchBytes(byte[] info) {
    return 3L * HASH + info.length + 1;
  }

  /** Derives with secret memory of the caller's, which the caller wipes. */
  static void derive(
      CryptoEngine engine,
      MemorySegment scratch,
      MemorySegment ikm,
      MemorySegment salt,
      byte[] info,
      MemorySegment okm) {
    MemorySegment prk = scratch.asSlice(0, HASH);
    MemorySegment block = scratch.asSlice(HASH, HASH);
    engine.hmac(salt, ikm, prk);
    expand(engine, prk, block, scratch.asSlice(2L * HASH), info, okm);
  }

  private static void expand(
      CryptoEngine engine,
      MemorySegment prk,
      MemorySegment block,
      MemorySegment input,
      byte[] info,
      MemorySegment okm) {
    if (okm.byteSize() > 255L * HASH) {
      throw new IllegalArgumentException("HKDF-SHA256 gives 8160 bytes at most");
    }
    int chained = 0;
    for (long at = 0, counter = 1; at < okm.byteSize(); at += HASH, counter++) {
      MemorySegment.copy(block, 0, input, 0, chained);
      MemorySegment.copy(MemorySegment.ofArray(info), 0, input, chained, info.length);
      input.set(ValueLayout.JAVA_BYTE, (long) chained + info.length, (byte) counter);
      engine.hmac(prk, input.asSlice(0, (long) chained + info.length + 1), block);
      MemorySegment.copy(block, 0, okm, at, Math.min(HASH, okm.byteSize() - at));
      chained = HASH;
    }
  }
}
