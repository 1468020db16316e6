package dev.chitin.audit.query;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The form of a group's rows: one for each bit of a {@link TermSet}, each with a bit for each block
 * and a checksum.
 *
 * @param width blocks of the group, a multiple of 64
 */
record GroupRows(int width) {
  /** Rows that are handled at a time, so that making a wide group takes little memory. */
  static final int CHUNK = 1_024;

  /** Bytes of one row with its checksum. */
  int stride() {
    return width / Byte.SIZE + Integer.BYTES;
  }

  long bytes() {
    return (long) TermSet.BITS * stride();
  }

  /** Room for {@value #CHUNK} rows. */
  ByteBuffer chunk() {
    return ByteBuffer.allocate(CHUNK * stride());
  }

  /** Adds the terms of a block; every bit where they are not known. */
  static void addColumn(long[] columns, int block, Optional<BlockSummary> summary) {
    long mark = 1L << block;
    if (summary.isEmpty()) {
      for (int i = 0; i < columns.length; i++) {
        columns[i] |= mark;
      }
      return;
    }
    ByteBuffer terms = summary.get().bytes();
    for (int i = 0; i < TermSet.BYTES; i++) {
      for (int rest = terms.get(BlockSummary.TERMS_AT + i) & 0xFF; rest != 0; rest &= rest - 1) {
        columns[Byte.SIZE * i + Integer.numberOfTrailingZeros(rest)] |= mark;
      }
    }
  }

  /** All rows of a group of 64 blocks. */
  ByteBuffer of(long[] columns, GroupHead head) {
    ByteBuffer all = ByteBuffer.allocate(columns.length * stride());
    for (int i = 0; i < columns.length; i++) {
      all.putLong(i * stride(), columns[i]);
      sealRow(all, i * stride(), head, i);
    }
    return all;
  }

  /**
   * Copies rows of one part of a group into its rows.
   *
   * @param from a chunk of the part's rows, in the form of {@code part}
   * @param head of the part
   * @param first number of the first row of the chunk
   * @param place of the part in the group, from 0
   * @return false when one of them is not sound
   */
  boolean copy(
      GroupRows part, ByteBuffer from, GroupHead head, int first, int place, ByteBuffer to) {
    int length = part.width / Byte.SIZE;
    for (int i = 0; i < CHUNK; i++) {
      if (!part.isSound(from, i * part.stride(), head, first + i)) {
        return false;
      }
      to.put(i * stride() + place * length, from, i * part.stride(), length);
    }
    return true;
  }

  /** Gives each row of a chunk its checksum. */
  void seal(ByteBuffer chunk, int first, GroupHead head) {
    for (int i = 0; i < CHUNK; i++) {
      sealRow(chunk, i * stride(), head, first + i);
    }
  }

  private void sealRow(ByteBuffer rows, int at, GroupHead head, int number) {
    rows.putInt(at + width / Byte.SIZE, crc(rows, at, head, number));
  }

  /** Whether what stands at {@code at} is row {@code number} of the group with that head. */
  boolean isSound(ByteBuffer rows, int at, GroupHead head, int number) {
    return rows.getInt(at + width / Byte.SIZE) == crc(rows, at, head, number);
  }

  private int crc(ByteBuffer rows, int at, GroupHead head, int number) {
    var crc = new CRC32C();
    crc.update(
        ByteBuffer.allocate(2 * Integer.BYTES).putInt(head.checksum()).putInt(number).flip());
    crc.update(rows.slice(at, width / Byte.SIZE));
    return (int) crc.getValue();
  }
}
