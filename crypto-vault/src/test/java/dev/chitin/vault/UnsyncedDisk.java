package dev.chitin.vault;

import dev.chitin.vault.store.Disk;
import dev.chitin.vault.store.PosixDisk;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** A disk for what does not have to last: what is laid out to be measured, or looked at once. */
final class UnsyncedDisk implements Disk {
  private final PosixDisk real = new PosixDisk();

  @Override
  public void writeNew(Path file, byte[] content) throws IOException {
    FileAttribute<?> owner =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Files.write(Files.createFile(file, owner), content);
  }

  @Override
  public void writeNew(Path file, MemorySegment content) throws IOException {
    writeNew(file, content.toArray(ValueLayout.JAVA_BYTE));
  }

  @Override
  public void link(Path file, Path name) throws IOException {
    real.link(file, name);
  }

  @Override
  public byte[] read(Path file, long max) throws IOException {
    return real.read(file, max);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    real.createDirectory(directory);
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    real.rename(source, target);
  }

  @Override
  public void syncDirectory(Path directory) {
    // Nothing has to last.
  }

  @Override
  public void delete(Path file) throws IOException {
    real.delete(file);
  }
}
