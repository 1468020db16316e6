package dev.chitin.vault.memory;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Cleaner;
import java.security.SecureRandom;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secret memory of this process. What the machine allows is tried out once, when the class is
 * first used: one mapping, of half of what {@code RLIMIT_MEMLOCK} allows and at most 4 MiB, of the
 * best level that it gets. There is one for each process because the limit is one for each process.
 *
 * <p>The system property {@code chitin.vault.memory} ({@code secret}, {@code locked}, {@code
 * degraded}) names the best level that is tried: an operator's choice for a kernel that misbehaves,
 * and a test's. What is reached is reported as such.
 */
public final class SecretMemory {
  private static final Logger LOG = LoggerFactory.getLogger(SecretMemory.class);
  private static final long MOST_BYTES = 4L << 20;

  /** Less than this holds no vault: a machine that locks less counts as locking nothing. */
  private static final long LEAST_BYTES = 512L << 10;

  private static final SecretArena PROCESS = open();
  private static final Cleaner CLEANER =
      Cleaner.create(Thread.ofPlatform().daemon().name("chitin-unclosed-secrets").factory());

  private SecretMemory() {}

  private static SecretArena open() {
    MemoryLevel best =
        MemoryLevel.of(System.getProperty("chitin.vault.memory", MemoryLevel.SECRET.toString()));
    long bytes = bytes();
    return bytes < LEAST_BYTES
        ? SecretArena.open(MOST_BYTES, MemoryLevel.DEGRADED)
        : SecretArena.open(bytes, best);
  }

  private static long bytes() {
    if (!Libc.isLinux()) {
      return MOST_BYTES;
    }
    long limit = Libc.softLimit(Libc.RLIMIT_MEMLOCK);
    // -1 is "no limit".
    return limit < 0 ? MOST_BYTES : Math.min(MOST_BYTES, limit / 2 & -LEAST_BYTES);
  }

  /** The level that every piece has. */
  public static MemoryLevel level() {
    return PROCESS.level();
  }

  /** How the memory stands. */
  public static MemoryUse use() {
    return PROCESS.use();
  }

  /**
   * Refuses a level below {@code required}.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unavailable}
   */
  public static void require(MemoryLevel required) {
    require(level(), required);
  }

  static void require(MemoryLevel reached, MemoryLevel required) {
    if (!reached.reaches(required)) {
      throw Problem.of(
              ProblemCode.VAULT_UNAVAILABLE,
              "Secrets would be kept in "
                  + reached
                  + " memory, and vault.memory_required is "
                  + required
                  + ".")
          .withRule("vault.memory_required")
          .withHint(
              required == MemoryLevel.SECRET
                  ? "The kernel needs memfd_secret (Linux 5.14); or require only \"locked\"."
                  : "Raise RLIMIT_MEMLOCK to 1 MiB or more (ulimit -l 8192), or set "
                      + "vault.memory_required to \"degraded\" and live with it.")
          .toException();
    }
  }

  /**
   * Zeroed memory of {@code length} bytes that lives as long as {@code arena} and is wiped when it
   * ends.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unavailable} when there is no room
   */
  public static MemorySegment allocate(Arena arena, long length) {
    return PROCESS.allocate(arena, length);
  }

  /**
   * Watches {@code owner}, which should end {@code arena}, made with {@link Arena#ofShared}. When
   * it is collected and the arena still lives, that is a defect: counted, logged, and the arena
   * ended after all. A confined arena cannot be ended by another thread and is not to be given.
   *
   * @param what stands in the log; must not refer to {@code owner}
   */
  public static Cleaner.Cleanable watch(Object owner, Arena arena, String what) {
    return CLEANER.register(
        owner,
        () -> {
          if (arena.scope().isAlive()) {
            PROCESS.countUnclosed();
            LOG.error("secret memory was never closed: {}", what);
            arena.close();
          }
        });
  }

  /** Counts and logs secret memory that nobody closed and that is wiped elsewhere. */
  static void reportUnclosed(String what) {
    PROCESS.countUnclosed();
    LOG.error("secret memory was never closed: {}", what);
  }

  static Cleaner cleaner() {
    return CLEANER;
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
      Arrays.fill(bytes, (byte) 0);
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
}
