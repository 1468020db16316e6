package dev.chitin.vault.memory;

import java.util.Locale;

/** How well secret memory is kept on this machine, the best first. */
public enum MemoryLevel {
  /**
   * Pages of {@code memfd_secret(2)}: out of the kernel's own map, so no dump or ptrace sees them.
   */
  SECRET,
  /** Native pages, locked against swapping, left out of core dumps, wiped in forked children. */
  LOCKED,
  /** Native memory that may be swapped and dumped; wiped all the same. */
  DEGRADED;

  /** Whether this level is at least as good as {@code required}. */
  public boolean reaches(MemoryLevel required) {
    return compareTo(required) <= 0;
  }

  /** The level of that name, as {@link #toString} writes it. */
  public static MemoryLevel of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** {@code secret}, {@code locked} or {@code degraded}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
