package dev.chitin.policy;

import java.util.Arrays;

/**
 * A set of random names of 128 bits, in one array of numbers: hundreds of thousands of them that
 * live for seconds would be most of what a collector has to move, were they objects. Grows, and
 * keeps its room when it is emptied. Used by one thread at a time.
 */
final class NameTable {
  private static final int WORDS = 2;
  private static final int FEW = 64;

  /** High and low word of each place, zeros where it is free; a power of two, at most half full. */
  private long[] places = new long[2 * FEW * WORDS];

  private int size;

  int size() {
    return size;
  }

  boolean contains(long high, long low) {
    return places[place(high, low | 1) + 1] != 0;
  }

  /** Adds a name that is not there. */
  void add(long high, long low) {
    if (2 * WORDS * (size + 1) > places.length) {
      grow();
    }
    put(high, low | 1);
    size++;
  }

  void clear() {
    if (size > 0) {
      Arrays.fill(places, 0);
      size = 0;
    }
  }

  private void grow() {
    long[] full = places;
    places = new long[2 * full.length];
    for (int at = 0; at < full.length; at += WORDS) {
      if (full[at + 1] != 0) {
        put(full[at], full[at + 1]);
      }
    }
  }

  private void put(long high, long low) {
    int at = place(high, low);
    places[at] = high;
    places[at + 1] = low;
  }

  /** Where a name is, or would be; the lowest bit of its low word is set, so that none is zero. */
  private int place(long high, long low) {
    int mask = places.length - 1;
    int at = (int) high * WORDS & mask;
    while (places[at + 1] != 0 && (places[at] != high || places[at + 1] != low)) {
      at = at + WORDS & mask;
    }
    return at;
  }
}
