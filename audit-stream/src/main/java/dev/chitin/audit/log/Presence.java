package dev.chitin.audit.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * Whether a log's directory is still the one that was opened. What is open can be written when the
 * directory was moved, removed or another put in its place, and is then not where it is looked for:
 * the lock's file tells, which is made once and stays.
 */
final class Presence {
  private final Path lock;
  private final @Nullable Object opened;

  /** Of a directory whose lock is held. */
  Presence(LogDirectory directory) {
    this.lock = directory.lock();
    this.opened = identity(lock);
  }

  boolean isThere() {
    return opened == null || opened.equals(identity(lock));
  }

  /** What tells a file from another of its name; null where there is none, or nothing tells. */
  private static @Nullable Object identity(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .fileKey();
    } catch (IOException e) {
      return null; // It is gone, or may not be looked at: it is not there.
    }
  }
}
