package dev.chitin.gateway.calls;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which idempotency keys were used, on disk before their calls are made: a start after a crash
 * knows them, and runs none of them again. A file of lines, of which a later one of a key replaces
 * an earlier one: {@link IdempotentUse#line a use}, with its outcome once that is known, or {@code
 * free} and the key, when it was given back. A file with more lines than twice what lives is
 * written anew, beside the old one and renamed over it. Blocks: not for event loops. Safe for use
 * by one thread at a time.
 */
public final class IdempotencyJournal implements AutoCloseable {
  /** A file with fewer lines is not worth writing anew. */
  static final int FEW_LINES = 1_024;

  private final Path path;
  private final List<IdempotentUse> before;
  private FileChannel file;
  private long end;
  private long lines;
  private boolean renamed;

  private IdempotencyJournal(Path path, Collection<IdempotentUse> before) throws IOException {
    this.path = path;
    this.before = List.copyOf(before);
    this.file = writeAnew(this.before);
    settle();
  }

  /**
   * Opens the journal in {@code path} and writes anew what of it is still young.
   *
   * @param since uses before that instant, POSIX milliseconds, are forgotten
   */
  public static IdempotencyJournal open(Path path, long since) {
    try {
      return new IdempotencyJournal(path, young(path, since));
    } catch (IOException e) {
      throw Problem.of(ProblemCode.INTERNAL, "The journal of idempotency keys cannot be opened.")
          .withHint("Look at " + path + ".")
          .toException(e);
    }
  }

  private static Collection<IdempotentUse> young(Path path, long since) throws IOException {
    Map<String, IdempotentUse> young = new LinkedHashMap<>();
    String text;
    try {
      text = Files.readString(path, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return List.of();
    }
    // What a crash has torn has no end of line and was never answered for: it is left out.
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n", -1)) {
      if (line.startsWith("free ")) {
        young.remove(line.substring("free ".length()));
      } else {
        IdempotentUse.of(line)
            .filter(use -> use.millis() >= since)
            .ifPresent(use -> young.put(use.key(), use));
      }
    }
    return young.values();
  }

  /** What was used before this start, in the order of the first uses. */
  List<IdempotentUse> before() {
    return before;
  }

  /** Whether the file should be written anew, {@code live} uses being all that counts in it. */
  boolean worthRewriting(int live) {
    return lines > Math.max(FEW_LINES, 2L * live);
  }

  /** Writes the file anew, with {@code live} uses alone; when that fails, the old one stands. */
  void rewrite(Collection<IdempotentUse> live) throws IOException {
    FileChannel old = file;
    file = writeAnew(live);
    old.close();
  }

  private FileChannel writeAnew(Collection<IdempotentUse> live) throws IOException {
    Path next = path.resolveSibling(path.getFileName() + ".tmp");
    Files.deleteIfExists(next);
    FileChannel written =
        FileChannel.open(
            next,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      long length = 0;
      for (IdempotentUse use : live) {
        length += write(written, use.line(), length);
      }
      written.force(true);
      Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
      end = length;
      lines = live.size();
      renamed = true;
      return written;
    } catch (IOException e) {
      written.close();
      throw e;
    }
  }

  /** Until the new name is on disk, a crash may bring the old file back. */
  private void settle() throws IOException {
    if (renamed) {
      try (FileChannel directory =
          FileChannel.open(path.resolveSibling("."), StandardOpenOption.READ)) {
        directory.force(true);
      }
      renamed = false;
    }
  }

  /** Writes {@code use}; it is on disk when this returns. */
  void add(IdempotentUse use) throws IOException {
    long before = end;
    try {
      append(use.line());
      sync();
    } catch (IOException e) {
      end = before; // The next line stands in its place.
      throw e;
    }
  }

  /**
   * Writes how the call of {@code use} ended. On disk with the next {@link #add} or {@link #sync}:
   * a crash of the machine may leave it unknown.
   */
  void ended(IdempotentUse use) throws IOException {
    append(use.line());
  }

  /** Writes that {@code key}, a hash, may be used again. On disk as {@link #ended}. */
  void free(String key) throws IOException {
    append("free " + key + "\n");
  }

  /** Brings to disk what is not there yet. */
  void sync() throws IOException {
    file.force(false);
    settle();
  }

  private void append(String line) throws IOException {
    end += write(file, line, end);
    lines++;
  }

  private static int write(FileChannel file, String line, long at) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) {
      file.write(bytes, at + bytes.position());
    }
    return bytes.capacity();
  }

  @Override
  public void close() {
    try (FileChannel last = file) {
      last.force(false);
      settle();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.INTERNAL, "The journal of idempotency keys cannot be closed.")
          .toException(e);
    }
  }
}
