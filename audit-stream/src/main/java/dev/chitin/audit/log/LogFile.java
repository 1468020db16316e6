package dev.chitin.audit.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** One file that the log writes to. Blocks; never used on an event loop. */
public interface LogFile extends Closeable {

  /** Writes all that remains in {@code bytes} at {@code position}. */
  void write(ByteBuffer bytes, long position) throws IOException;

  /**
   * Returns when what was written is on the device.
   *
   * @param metadata whether the file's metadata (its length) has to be there too
   */
  void force(boolean metadata) throws IOException;
}
