package dev.chitin.vault.memory;

/** How well secret memory is kept on this machine. */
public enum MemoryLevel {
  /** Native pages, locked against swapping, left out of core dumps, wiped in forked children. */
  LOCKED,
  /** Native memory that may be swapped and dumped; wiped all the same. */
  DEGRADED
}
