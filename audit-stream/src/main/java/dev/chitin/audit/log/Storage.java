package dev.chitin.audit.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * How the log changes its directory. The seam at which tests let a disk stall, fail or lie; {@link
 * DiskStorage} is the real one.
 */
public interface Storage {

  /** Makes a file that did not exist, readable and writable by its owner alone. */
  LogFile create(Path path) throws IOException;

  /** Opens an existing file for writing. */
  LogFile open(Path path) throws IOException;

  /** Renames within the directory, atomically, replacing what stood there. */
  void rename(Path from, Path to) throws IOException;

  /** Removes a file if it is there. */
  void delete(Path path) throws IOException;

  /** Returns when names made, changed or removed in {@code directory} are on the device. */
  void syncDirectory(Path directory) throws IOException;
}
