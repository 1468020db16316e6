package dev.chitin.vault.memory;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.concurrent.atomic.LongAdder;

/**
 * One mapping of secret memory, cut into slots of {@value #SLOT} bytes. A piece is a run of slots,
 * the first that is long enough; it is zeros when it is given out and is wiped, and read back, when
 * it comes back. When no run is long enough the answer is a refusal: the mapping never grows. Safe
 * for use from any thread.
 */
final class SecretArena {
  static final int SLOT = 256;

  private static final long PAGE = 4_096;

  private final MemorySegment mapping;
  private final MemoryLevel level;
  private final int slots;
  private final BitSet taken;
  private final LongAdder refusals = new LongAdder();
  private final LongAdder unclosed = new LongAdder();
  private int used;

  private SecretArena(MemorySegment mapping, MemoryLevel level) {
    this.mapping = mapping;
    this.level = level;
    this.slots = Math.toIntExact(mapping.byteSize() / SLOT);
    this.taken = new BitSet(slots);
    // Touches every page now: what cannot be had is found here and not in the middle of a use.
    mapping.fill((byte) 0);
  }

  /**
   * The best mapping that this machine gives, but none better than {@code best}.
   *
   * @param bytes a multiple of the page size
   */
  @SuppressWarnings("restricted") // the length is the one that was mapped; never unmapped
  static SecretArena open(long bytes, MemoryLevel best) {
    if (bytes <= 0 || bytes % PAGE != 0) {
      throw new IllegalArgumentException("secret memory is made of whole pages");
    }
    if (Libc.isLinux()) {
      if (best == MemoryLevel.SECRET) {
        MemorySegment pages = Libc.mapSecret(bytes);
        if (kept(pages, bytes, false, Libc.MADV_DONTFORK)) {
          return new SecretArena(pages.reinterpret(bytes), MemoryLevel.SECRET);
        }
      }
      if (best != MemoryLevel.DEGRADED) {
        MemorySegment pages = Libc.map(bytes);
        if (kept(pages, bytes, true, Libc.MADV_DONTDUMP, Libc.MADV_WIPEONFORK)) {
          return new SecretArena(pages.reinterpret(bytes), MemoryLevel.LOCKED);
        }
      }
    }
    return new SecretArena(Arena.global().allocate(bytes, PAGE), MemoryLevel.DEGRADED);
  }

  /** Whether the pages are there and took every advice; when not they are given back. */
  private static boolean kept(MemorySegment pages, long bytes, boolean lock, int... advices) {
    if (pages.address() == 0) {
      return false;
    }
    // What memfd_secret maps is locked and undumpable by itself.
    boolean kept = !lock || Libc.lock(pages, bytes);
    for (int advice : advices) {
      kept = kept && Libc.advise(pages, bytes, advice);
    }
    if (!kept) {
      Libc.unmap(pages, bytes);
    }
    return kept;
  }

  MemoryLevel level() {
    return level;
  }

  /** Counts a piece that nobody closed. */
  void countUnclosed() {
    unclosed.increment();
  }

  synchronized MemoryUse use() {
    return new MemoryUse(
        level, (long) slots * SLOT, (long) used * SLOT, refusals.sum(), unclosed.sum());
  }

  /**
   * Zeros of {@code length} bytes that live as long as {@code arena}.
   *
   * @throws ChitinException {@code vault.unavailable} when no run of slots is long enough
   */
  @SuppressWarnings("restricted") // a part of the mapping, given a shorter life
  MemorySegment allocate(Arena arena, long length) {
    int count = Math.toIntExact(Math.max(1, (length + SLOT - 1) / SLOT));
    int first = take(count);
    MemorySegment piece = mapping.asSlice((long) first * SLOT, (long) count * SLOT);
    try {
      return piece.asSlice(0, length).reinterpret(arena, ended -> release(piece, first, count));
    } catch (RuntimeException e) {
      release(piece, first, count);
      throw e;
    }
  }

  private void release(MemorySegment piece, int first, int count) {
    SecretMemory.wipe(piece);
    synchronized (this) {
      taken.clear(first, first + count);
      used -= count;
    }
  }

  private int take(int count) {
    synchronized (this) {
      int first = taken.nextClearBit(0);
      while (first + count <= slots) {
        int next = taken.nextSetBit(first);
        if (next < 0 || next - first >= count) {
          taken.set(first, first + count);
          used += count;
          return first;
        }
        first = taken.nextClearBit(next);
      }
    }
    refusals.increment();
    throw Problem.of(ProblemCode.VAULT_UNAVAILABLE, "There is no more memory for secrets.")
        .withRule("vault.memory")
        .withHint("Try again when calls have ended, or raise RLIMIT_MEMLOCK and restart.")
        .toException();
  }
}
