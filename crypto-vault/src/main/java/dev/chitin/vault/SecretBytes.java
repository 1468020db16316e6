package dev.chitin.vault;

import dev.chitin.vault.memory.SecretMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Cleaner;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The bytes of a secret in native memory, outside the heap, until {@link #close()} wipes them. It
 * cannot be printed, compared, hashed by content or serialised, and its bytes are only for who
 * shows a {@link SecretAccess}. Not safe for use from several threads at once.
 */
public final class SecretBytes implements AutoCloseable {
  /** The longest secret, in bytes. */
  public static final int MAX_BYTES = 65_536;

  private final Arena arena;
  private final MemorySegment memory;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Cleaner.Cleanable watch;

  private SecretBytes(Arena arena, MemorySegment memory) {
    this.arena = arena;
    this.memory = memory;
    this.watch = SecretMemory.watch(this, arena, "a secret of " + memory.byteSize() + " bytes");
  }

  /**
   * Room for {@code length} bytes, zeroed, to be filled.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unavailable} when there is no more memory
   *     for secrets
   */
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
      Arrays.fill(clear, (byte) 0);
    }
  }

  /** Copies {@code source}, which stays as it is. */
  static SecretBytes copyOf(MemorySegment source) {
    SecretBytes copy = allocate(source.byteSize());
    MemorySegment.copy(source, 0, copy.memory, 0, source.byteSize());
    return copy;
  }

  /** Fresh random bytes of the system's generator. */
  public static SecretBytes random(long length) {
    SecretBytes random = allocate(length);
    SecretMemory.random(random.memory);
    return random;
  }

  /** The same bytes once more; whoever gets them closes them. */
  public SecretBytes copy() {
    return copyOf(memory);
  }

  /** Whether the bytes are the same, in a time that tells nothing but the lengths. */
  public boolean sameAs(SecretBytes other) {
    if (length() != other.length()) {
      return false;
    }
    int difference = 0;
    for (long i = 0; i < length(); i++) {
      difference |=
          memory.get(ValueLayout.JAVA_BYTE, i) ^ other.memory.get(ValueLayout.JAVA_BYTE, i);
    }
    return difference == 0;
  }

  public long length() {
    return memory.byteSize();
  }

  /** The memory itself; valid until {@link #close()}. */
  public MemorySegment segment(SecretAccess access) {
    Objects.requireNonNull(access);
    return memory;
  }

  /** The memory itself, for the vault. */
  MemorySegment segment() {
    return memory;
  }

  /** Overwrites the bytes with zeros and keeps the memory. */
  void wipe() {
    SecretMemory.wipe(memory);
  }

  /** Whether the memory was wiped and freed. */
  public boolean isClosed() {
    return closed.get();
  }

  /** Wipes and frees the memory. A second call does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      wipe();
      arena.close();
      watch.clean();
    }
  }

  @Override
  public String toString() {
    return "SecretBytes[redacted]";
  }
}
