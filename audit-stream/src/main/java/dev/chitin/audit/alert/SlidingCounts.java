package dev.chitin.audit.alert;

import java.util.Arrays;

/**
 * How much came of each key within the last window, for a bounded number of keys: those that came
 * longest ago are forgotten first. A window is {@value #SLOTS} slots, the current one included, so
 * that nothing older than the window counts, and what is younger than eleven twelfths of it always
 * does. A clock that was put back starts the key anew.
 */
final class SlidingCounts {
  private static final int SLOTS = 12;

  private final long slotMillis;
  private final BoundedMemory<String, Slots> byKey;

  private static final class Slots {
    final long[] counts = new long[SLOTS];
    long newest = Long.MIN_VALUE;
  }

  /**
   * @param mostKeys bound of what is remembered
   */
  SlidingCounts(long windowMillis, int mostKeys) {
    this.slotMillis = Math.max(1, windowMillis / SLOTS);
    this.byKey = BoundedMemory.byUse(mostKeys);
  }

  /** Adds {@code count} to {@code key}; gives what it has within the window. */
  long add(String key, long count, long millis) {
    Slots slots = byKey.computeIfAbsent(key, fresh -> new Slots());
    long slot = Math.floorDiv(millis, slotMillis);
    if (slots.newest == Long.MIN_VALUE || slot - slots.newest >= SLOTS || slot < slots.newest) {
      if (slot < slots.newest - 1 || slot > slots.newest) {
        Arrays.fill(slots.counts, 0);
        slots.newest = slot;
      }
    }
    for (long next = slots.newest + 1; next <= slot; next++) {
      slots.counts[Math.floorMod(next, SLOTS)] = 0;
      slots.newest = next;
    }
    slots.counts[Math.floorMod(slots.newest, SLOTS)] += count;
    return Arrays.stream(slots.counts).sum();
  }

  /** How many keys are remembered. */
  int size() {
    return byKey.size();
  }
}
