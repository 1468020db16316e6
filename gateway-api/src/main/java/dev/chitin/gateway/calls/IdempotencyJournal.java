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
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which idempotency keys were used, on disk before their calls are made: a start after a crash
 * knows them, and runs none of them again. A line for each use: time in milliseconds, key as hex
 * digits, digest of the body, call id. Holds no key and no body in clear. Blocks: not for event
 * loops. Safe for use by one thread at a time.
 */
public final class IdempotencyJournal implements AutoCloseable {
  private static final String LINE = "[0-9]{1,15} [0-9a-f]{64} [0-9a-f]{64} [a-z0-9_]{1,64}";

  private final FileChannel file;
  private final Map<String, Use> before;

  /**
   * One use.
   *
   * @param millis when, POSIX milliseconds
   * @param key SHA-256 of principal, route and key, hex digits
   * @param body SHA-256 of the body, hex digits
   */
  record Use(long millis, String key, String body, String callId) {
    private String line() {
      return millis + " " + key + " " + body + " " + callId + "\n";
    }

    private static Use of(String line) {
      String[] parts = line.split(" ", -1);
      return new Use(Long.parseLong(parts[0]), parts[1], parts[2], parts[3]);
    }
  }

  private IdempotencyJournal(FileChannel file, Map<String, Use> before) {
    this.file = file;
    this.before = Map.copyOf(before);
  }

  /**
   * Opens the journal in {@code path} and writes anew what of it is still young.
   *
   * @param since uses before that instant, POSIX milliseconds, are forgotten
   */
  public static IdempotencyJournal open(Path path, long since) {
    try {
      Map<String, Use> young = young(path, since);
      Path next = path.resolveSibling(path.getFileName() + ".tmp");
      Files.deleteIfExists(next);
      FileChannel file =
          FileChannel.open(
              next,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      for (Use use : young.values()) {
        write(file, use.line());
      }
      file.force(true);
      Files.move(next, path, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel directory =
          FileChannel.open(path.resolveSibling("."), StandardOpenOption.READ)) {
        directory.force(true);
      }
      return new IdempotencyJournal(file, young);
    } catch (IOException e) {
      throw Problem.of(ProblemCode.INTERNAL, "The journal of idempotency keys cannot be opened.")
          .withHint("Look at " + path + ".")
          .toException(e);
    }
  }

  /** A last line that a crash has torn was never answered for, and is left out. */
  private static Map<String, Use> young(Path path, long since) throws IOException {
    Map<String, Use> young = new LinkedHashMap<>();
    String text;
    try {
      text = Files.readString(path, StandardCharsets.US_ASCII);
    } catch (NoSuchFileException e) {
      return young;
    }
    for (String line : text.split("\n", -1)) {
      if (line.matches(LINE)) {
        Use use = Use.of(line);
        if (use.millis() >= since) {
          young.put(use.key(), use);
        }
      }
    }
    return young;
  }

  /** What was used before this start. */
  Map<String, Use> before() {
    return before;
  }

  /** Writes one use; it is on disk when this returns. */
  void add(Use use) throws IOException {
    write(file, use.line());
    file.force(false);
  }

  private static void write(FileChannel file, String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.INTERNAL, "The journal of idempotency keys cannot be closed.")
          .toException(e);
    }
  }
}
