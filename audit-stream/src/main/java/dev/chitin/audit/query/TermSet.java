package dev.chitin.audit.query;

import java.nio.ByteBuffer;

/**
 * A Bloom filter (Bloom 1970) over the terms of one block: {@value #BITS} bits, {@value #PROBES}
 * probes. With a term for each entry of a block it gives one wrong yes in about 90,000. Not safe
 * for use by several threads.
 */
final class TermSet {
  static final int BITS = 32_768;
  static final int BYTES = BITS / 8;

  static final int PROBES = 7;

  private final ByteBuffer bits;
  private final int at;

  /** Over the {@value #BYTES} bytes of {@code bits} from {@code at} on. */
  TermSet(ByteBuffer bits, int at) {
    this.bits = bits;
    this.at = at;
  }

  void add(long hash) {
    for (int i = 0; i < PROBES; i++) {
      int bit = bit(hash, i);
      int place = at + (bit >>> 3);
      bits.put(place, (byte) (bits.get(place) | 1 << (bit & 7)));
    }
  }

  boolean mayHold(long hash) {
    for (int i = 0; i < PROBES; i++) {
      int bit = bit(hash, i);
      if ((bits.get(at + (bit >>> 3)) & 1 << (bit & 7)) == 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Bit {@code probe} of those that a term sets, by double hashing (Kirsch and Mitzenmacher 2006).
   * Bit {@code i} of a set stands in byte {@code i / 8}, least significant first.
   */
  static int bit(long hash, int probe) {
    int low = (int) hash;
    int high = (int) (hash >>> 32) | 1;
    return (low + probe * high) & (BITS - 1);
  }

  /** A hash of a term and its value: FNV-1a with the finalizer of MurmurHash3. */
  static long hash(String term, String value) {
    long hash = begin(term);
    for (int i = 0; i < value.length(); i++) {
      hash = next(hash, value.charAt(i));
    }
    return end(hash);
  }

  /** Begins the hash of a value of {@code term}. */
  static long begin(String term) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < term.length(); i++) {
      hash = next(hash, term.charAt(i));
    }
    return next(hash, 0xFFFF);
  }

  /** Takes the value's next unit of UTF-16 into the hash. */
  static long next(long hash, int unit) {
    return (hash ^ unit) * 0x100000001b3L;
  }

  /** Ends the hash. */
  static long end(long hash) {
    long h = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return h ^ (h >>> 33);
  }
}
