package dev.chitin.vault.store;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A POSIX file system. Rights are given when a file is created, never after. */
public final class PosixDisk implements Disk {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final Set<StandardOpenOption> NEW =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

  @Override
  public void writeNew(Path file, byte[] content) throws IOException {
    writeNew(file, ByteBuffer.wrap(content));
  }

  @Override
  public void writeNew(Path file, MemorySegment content) throws IOException {
    writeNew(file, content.asByteBuffer());
  }

  @Override
  public void link(Path file, Path name) throws IOException {
    Files.createLink(name, file);
  }

  private static void writeNew(Path file, ByteBuffer buffer) throws IOException {
    try (FileChannel channel = FileChannel.open(file, NEW, OWNER_FILE)) {
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      sync(channel, file);
    }
  }

  @Override
  public byte[] read(Path file, long max) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(file + " is no regular file");
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      if (channel.size() > max) {
        throw new IOException(file + " is longer than it can be");
      }
      ByteBuffer buffer = ByteBuffer.allocate((int) channel.size());
      int read = 0;
      while (buffer.hasRemaining() && read >= 0) {
        read = channel.read(buffer);
      }
      if (buffer.hasRemaining()) {
        throw new IOException(file + " was cut while it was read");
      }
      return buffer.array();
    }
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    Files.createDirectory(directory, OWNER_DIRECTORY);
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    Files.move(source, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      sync(channel, directory);
    }
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  private static void sync(FileChannel channel, Path path) throws NotDurable {
    try {
      channel.force(true);
    } catch (IOException e) {
      throw new NotDurable(path, e);
    }
  }
}
