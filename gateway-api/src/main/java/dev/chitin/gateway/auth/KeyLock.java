package dev.chitin.gateway.auth;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code keys.lock}, held by the one process that may write {@code keys.json}. */
final class KeyLock implements AutoCloseable {
  private final FileChannel channel;

  private KeyLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock of {@code directory}.
   *
   * @throws dev.chitin.bus.ChitinException when another process holds it
   */
  static KeyLock take(Path directory) {
    try {
      FileChannel channel =
          FileChannel.open(
              directory.resolve("keys.lock"),
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      if (tryLock(channel) == null) {
        channel.close();
        throw KeyFile.unavailable("another process holds them").toException();
      }
      return new KeyLock(channel);
    } catch (IOException e) {
      throw KeyFile.unavailable("their lock file cannot be opened").toException(e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw KeyFile.unavailable("their lock file cannot be closed").toException(e);
    }
  }
}
