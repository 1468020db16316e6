package dev.chitin.vault.store;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** The few durable steps that a commit is made of; a seam at which tests let a disk fail. */
public interface Disk {

  /** A file or directory may not have reached the disk, and nobody can know (fsync(2)). */
  final class NotDurable extends IOException {
    private static final long serialVersionUID = 1L;

    public NotDurable(Path path, IOException cause) {
      super(path + " may not have reached the disk", cause);
    }
  }

  /**
   * Creates {@code file} with rights for its owner alone, writes it and syncs it.
   *
   * @throws NotDurable when the sync failed
   */
  void writeNew(Path file, byte[] content) throws IOException;

  /** The same for what must not lie on the heap; {@code content} is native. */
  void writeNew(Path file, MemorySegment content) throws IOException;

  /**
   * Gives {@code file} a further name, in the same directory.
   *
   * @throws java.nio.file.FileAlreadyExistsException when there is something of that name
   */
  void link(Path file, Path name) throws IOException;

  /** Reads all of {@code file}, which must be a regular file of at most {@code max} bytes. */
  byte[] read(Path file, long max) throws IOException;

  /** Creates {@code directory} with rights for its owner alone. */
  void createDirectory(Path directory) throws IOException;

  /** Replaces {@code target} by {@code source} in one step. */
  void rename(Path source, Path target) throws IOException;

  /**
   * Makes the names in {@code directory} durable.
   *
   * @throws NotDurable when the sync failed
   */
  void syncDirectory(Path directory) throws IOException;

  /** Removes {@code file} if it is there. */
  void delete(Path file) throws IOException;
}
