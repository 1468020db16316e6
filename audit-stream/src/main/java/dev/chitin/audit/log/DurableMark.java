package dev.chitin.audit.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/**
 * Tells readers in other processes how many entries are durable: a file of the size and its
 * complement, written (not synced) after each sync of the log.
 *
 * <p>It can lag after a crash of the machine, and never leads: each value was true before it was
 * written. So entries below it that are missing were lost after they were acknowledged.
 */
final class DurableMark implements Closeable {
  private static final int BYTES = 2 * Long.BYTES;

  private final LogFile file;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);

  private DurableMark(LogFile file) {
    this.file = file;
  }

  static DurableMark open(Storage storage, Path path) throws IOException {
    return new DurableMark(Files.exists(path) ? storage.open(path) : storage.create(path));
  }

  void write(long size) throws IOException {
    file.write(buffer.clear().putLong(size).putLong(~size).flip(), 0);
  }

  /** The mark, or nothing when there is none or it is not whole. */
  static OptionalLong read(Path path) throws IOException {
    if (!Files.exists(path)) {
      return OptionalLong.empty();
    }
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer bytes = SegmentScanner.readAt(file, 0, BYTES);
      return bytes.remaining() == BYTES && bytes.getLong(0) == ~bytes.getLong(8)
          ? OptionalLong.of(bytes.getLong(0))
          : OptionalLong.empty();
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
