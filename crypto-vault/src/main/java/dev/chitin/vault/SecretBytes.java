package dev.chitin.vault;

import dev.chitin.vault.memory.SecretMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The bytes of a secret in native memory, outside the heap, until {@link #close()} wipes them. It
 * cannot be printed, compared, hashed by content or serialised. Not safe for use from several
 * threads at once.
 */
public final class SecretBytes implements AutoCloseable {
  /** The longest secret, in bytes. */
  public static final int MAX_BYTES = 65_536;

  private final Arena arena;
  private final MemorySegment memory;

  private SecretBytes(Arena arena, MemorySegment memory) {
    this.arena = arena;
    this.memory = memory;
  }

  /** Room for {@code length} bytes, zeroed, to be filled through {@link #segment()}. */
  @SuppressWarnings(
      "MustBeClosedChecker") // the arena lives as long as this object; close() ends it
  public static SecretBytes allocate(long length) {
    Arena arena = Arena.ofShared();
    try {
      return new SecretBytes(arena, SecretMemory.allocate(arena, length));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** Copies {@code clear} and overwrites it with zeros. */
  public static SecretBytes takeOver(byte[] clear) {
    try {
      SecretBytes secret = allocate(clear.length);
      MemorySegment.copy(MemorySegment.ofArray(clear), 0, secret.memory, 0, clear.length);
      return secret;
    } finally {
      java.util.Arrays.fill(clear, (byte) 0);
    }
  }

  public long length() {
    return memory.byteSize();
  }

  /** The memory itself; valid until {@link #close()}. */
  public MemorySegment segment() {
    return memory;
  }

  /** Overwrites the bytes with zeros and keeps the memory. */
  void wipe() {
    SecretMemory.wipe(memory);
  }

  /** Wipes and frees the memory. A second call does nothing. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      wipe();
      arena.close();
    }
  }

  @Override
  public String toString() {
    return "SecretBytes[redacted]";
  }
}
