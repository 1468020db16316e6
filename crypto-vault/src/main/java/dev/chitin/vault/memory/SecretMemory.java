package dev.chitin.vault.memory;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;

/**
 * Gives out pages for secrets. What the machine allows is tried out once; where pages can be
 * locked, a later failure to lock is a refusal and never a silent downgrade.
 */
public final class SecretMemory {
  private static final long PAGE = 4_096;
  private static final MemoryLevel LEVEL = probe();

  private SecretMemory() {}

  /** The level that every allocation has. */
  public static MemoryLevel level() {
    return LEVEL;
  }

  private static MemoryLevel probe() {
    if (!Libc.isLinux()) {
      return MemoryLevel.DEGRADED;
    }
    MemorySegment page = Libc.map(PAGE);
    if (page.address() == 0) {
      return MemoryLevel.DEGRADED;
    }
    boolean kept = keep(page, PAGE);
    Libc.unmap(page, PAGE);
    return kept ? MemoryLevel.LOCKED : MemoryLevel.DEGRADED;
  }

  private static boolean keep(MemorySegment pages, long length) {
    return Libc.lock(pages, length)
        && Libc.advise(pages, length, Libc.MADV_DONTDUMP)
        && Libc.advise(pages, length, Libc.MADV_WIPEONFORK);
  }

  /**
   * Zeroed memory of {@code length} bytes that lives as long as {@code arena}. Whoever closes the
   * arena wipes it before, see {@link #wipe}; it is wiped once more when it is given back.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unavailable} when no more can be locked
   */
  @SuppressWarnings("restricted") // the length is the one that was mapped
  public static MemorySegment allocate(Arena arena, long length) {
    long mapped = Math.max(PAGE, (length + PAGE - 1) / PAGE * PAGE);
    if (LEVEL == MemoryLevel.DEGRADED) {
      return arena.allocate(mapped).asSlice(0, length);
    }
    MemorySegment pages = Libc.map(mapped);
    if (pages.address() == 0) {
      throw exhausted();
    }
    if (!keep(pages, mapped)) {
      Libc.unmap(pages, mapped);
      throw exhausted();
    }
    return pages
        .reinterpret(
            mapped,
            arena,
            released -> {
              released.reinterpret(mapped).fill((byte) 0);
              Libc.unmap(released, mapped);
            })
        .asSlice(0, length);
  }

  /** Overwrites {@code memory} with zeros and reads it back. */
  public static void wipe(MemorySegment memory) {
    memory.fill((byte) 0);
    long whole = memory.byteSize() & -Long.BYTES;
    long seen = 0;
    for (long i = 0; i < whole; i += Long.BYTES) {
      seen |= memory.get(ValueLayout.JAVA_LONG_UNALIGNED, i);
    }
    for (long i = whole; i < memory.byteSize(); i++) {
      seen |= memory.get(ValueLayout.JAVA_BYTE, i);
    }
    if (seen != 0) {
      throw new IllegalStateException("secret memory did not take its wipe");
    }
  }

  /** Fills {@code memory} with random bytes of the system's generator, without a heap copy. */
  public static void random(MemorySegment memory) {
    if (!Libc.isLinux()) {
      byte[] bytes = new byte[Math.toIntExact(memory.byteSize())];
      new SecureRandom().nextBytes(bytes);
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, 0, bytes.length);
      java.util.Arrays.fill(bytes, (byte) 0);
      return;
    }
    for (long at = 0; at < memory.byteSize(); at += 256) {
      Libc.random(memory.asSlice(at, Math.min(256, memory.byteSize() - at)));
    }
  }

  /** The effective user of this process, as the system numbers it; -1 when that is not known. */
  public static int effectiveUser() {
    return Libc.isLinux() ? Libc.effectiveUser() : -1;
  }

  private static RuntimeException exhausted() {
    return Problem.of(ProblemCode.VAULT_UNAVAILABLE, "No more memory can be locked for secrets.")
        .withRule("vault.memory")
        .withHint("Raise RLIMIT_MEMLOCK, or try again when calls have ended.")
        .toException();
  }
}
