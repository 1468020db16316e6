package dev.chitin.audit.query;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * What stands before a group's rows.
 *
 * <pre>
 * "CHIG" ‖ u32 blocks ‖ u64 group ‖ u64 first time ‖ u64 last time ‖ u32 of its parts ‖ u32 of its times
 * ‖ u32 CRC32C(all before)
 * </pre>
 *
 * @param width blocks of the group
 * @param group its number in its level
 * @param first the time of its oldest entry, milliseconds since 1970
 * @param last the time of its newest entry
 * @param parts CRC32C over the checksums of what it was made of: summaries, which hold the ids of
 *     their segments, or the heads of groups
 * @param times CRC32C over the times of its blocks
 */
record GroupHead(int width, long group, long first, long last, int parts, int times) {
  static final int BYTES = 44;
  private static final int MAGIC = 0x43484947;

  /**
   * The head of a group.
   *
   * @param times of its blocks, u64 first ‖ u64 last for each
   * @param parts the checksums of what it was made of
   */
  static GroupHead of(int width, long group, ByteBuffer times, int[] parts) {
    long first = Long.MAX_VALUE;
    long last = 0;
    for (int i = 0; i < width; i++) {
      first = Math.min(first, times.getLong(GroupFile.TIMES * i));
      last = Math.max(last, times.getLong(GroupFile.TIMES * i + Long.BYTES));
    }
    return new GroupHead(width, group, first, last, crc(parts), crc(times.duplicate()));
  }

  /** The head in {@code bytes}, unless it is damaged or another group's. */
  static Optional<GroupHead> read(ByteBuffer bytes, int width, long group) {
    var head =
        new GroupHead(
            bytes.getInt(4),
            bytes.getLong(8),
            bytes.getLong(16),
            bytes.getLong(24),
            bytes.getInt(32),
            bytes.getInt(36));
    boolean whole =
        bytes.getInt(0) == MAGIC
            && head.width == width
            && head.group == group
            && bytes.getInt(BYTES - 4) == head.checksum();
    return whole ? Optional.of(head) : Optional.empty();
  }

  ByteBuffer bytes() {
    ByteBuffer bytes = body();
    return bytes.putInt(crc(bytes.duplicate().flip())).flip();
  }

  /** Differs for groups that differ; each row of the group is bound to it. */
  int checksum() {
    return crc(body().flip());
  }

  private ByteBuffer body() {
    return ByteBuffer.allocate(BYTES)
        .putInt(MAGIC)
        .putInt(width)
        .putLong(group)
        .putLong(first)
        .putLong(last)
        .putInt(parts)
        .putInt(times);
  }

  static int crc(ByteBuffer bytes) {
    var crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  static int crc(int[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Integer.BYTES);
    bytes.asIntBuffer().put(numbers);
    return crc(bytes);
  }
}
