package dev.chitin.audit.query;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The groups of one level as they lie in a file of their own, one behind the other:
 *
 * <pre>
 * head[44] ‖ (u64 first ‖ u64 last)[blocks] ‖ (u64[blocks / 64] ‖ u32 CRC32C)[{@value TermSet#BITS}]
 * </pre>
 *
 * What is read is held against its checksum. The checksum of a row is over the head's, the row's
 * number and the row, so that no row is taken for another one. Safe for use by several threads, one
 * of which writes.
 */
final class GroupFile implements AutoCloseable {
  /** Bytes of the times of one block. */
  static final int TIMES = 2 * Long.BYTES;

  private final FileChannel file;
  private final GroupRows rows;

  private GroupFile(FileChannel file, GroupRows rows) {
    this.file = file;
    this.rows = rows;
  }

  /**
   * Opens the file, which is made where there is none.
   *
   * @param rows the form of each group's rows
   */
  static GroupFile open(Path path, GroupRows rows) throws IOException {
    return new GroupFile(
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
        rows);
  }

  /** The form of each group's rows. */
  GroupRows rows() {
    return rows;
  }

  /** How many whole groups there is room for in it as it is. */
  long groups() throws IOException {
    return file.size() / bytes();
  }

  void clear() throws IOException {
    file.truncate(0);
  }

  private long bytes() {
    return GroupHead.BYTES + (long) TIMES * rows.width() + rows.bytes();
  }

  private long timesAt(long group) {
    return group * bytes() + GroupHead.BYTES;
  }

  private long rowsAt(long group, int first) {
    return timesAt(group) + (long) TIMES * rows.width() + (long) first * rows.stride();
  }

  /** The head of a group; empty when it is not sound. */
  Optional<GroupHead> head(long group) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(GroupHead.BYTES);
    return read(bytes, group * bytes())
        ? GroupHead.read(bytes, rows.width(), group)
        : Optional.empty();
  }

  /** The times of the group's blocks; empty when they are not sound. */
  Optional<ByteBuffer> times(GroupHead head) throws IOException {
    ByteBuffer times = ByteBuffer.allocate(TIMES * rows.width());
    return read(times, timesAt(head.group())) && GroupHead.crc(times.duplicate()) == head.times()
        ? Optional.of(times)
        : Optional.empty();
  }

  /** Row {@code number} of a group; empty when it is not sound. */
  Optional<ByteBuffer> row(GroupHead head, int number) throws IOException {
    ByteBuffer row = ByteBuffer.allocate(rows.stride());
    return read(row, rowsAt(head.group(), number)) && rows.isSound(row, 0, head, number)
        ? Optional.of(row)
        : Optional.empty();
  }

  /**
   * {@value GroupRows#CHUNK} rows from {@code first} on, as they stand; empty at the file's end.
   */
  Optional<ByteBuffer> chunk(GroupHead head, int first) throws IOException {
    ByteBuffer chunk = rows.chunk();
    return read(chunk, rowsAt(head.group(), first)) ? Optional.of(chunk) : Optional.empty();
  }

  void writeRows(long group, int first, ByteBuffer some) throws IOException {
    write(some, rowsAt(group, first));
  }

  /** Writes the times, and the head last: before it stands, nothing of the group counts. */
  void finish(GroupHead head, ByteBuffer times) throws IOException {
    write(times, timesAt(head.group()));
    write(head.bytes(), head.group() * bytes());
  }

  /** Fills {@code bytes}; false at the end of the file. */
  private boolean read(ByteBuffer bytes, long at) throws IOException {
    while (bytes.hasRemaining()) {
      if (file.read(bytes, at + bytes.position()) < 0) {
        return false;
      }
    }
    bytes.flip();
    return true;
  }

  private void write(ByteBuffer bytes, long at) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes, at + bytes.position());
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
