package dev.chitin.bus;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Looks at eight bytes in one step (Warren, Hacker's Delight, section 6-1). What is found is a word
 * in which the lowest high bit that is set belongs to the first byte that has what was asked for;
 * those above it say nothing. Without such a byte it is zero.
 */
public final class EightBytes {
  /** How many there are in a word. */
  public static final int COUNT = Long.BYTES;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGHS = 0x8080_8080_8080_8080L;

  private EightBytes() {}

  /** The bytes from {@code at} on, the first of them lowest. */
  public static long at(byte[] bytes, int at) {
    return (long) WORD.get(bytes, at);
  }

  /** The same byte eight times. */
  public static long of(char ascii) {
    return Math.multiplyExact(ascii & 0x7FL, ONES);
  }

  /** Finds the byte that {@code same}, which {@link #of} made, consists of. */
  public static long equal(long bytes, long same) {
    long zeros = bytes ^ same;
    return (zeros - ONES) & ~zeros & HIGHS;
  }

  /** Finds bytes that are no printable ASCII: below a space, or above {@code 0x7F}. */
  public static long unprintable(long bytes) {
    return (bytes | (bytes - 0x20 * ONES)) & HIGHS;
  }

  /** Place of the first byte of what was found, from zero on. */
  public static int first(long found) {
    return Long.numberOfTrailingZeros(found) >>> 3;
  }
}
