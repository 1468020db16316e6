package dev.chitin.vault.unlock;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.VaultFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The last failed attempts to unlock, in a file of their own, so that a restart does not forget
 * them. Five within a minute stop unlocking for a minute. It bounds who may only ask; whoever can
 * write the file can also copy the vault and guess elsewhere, which Argon2id alone makes dear.
 *
 * <p>Used under the vault's writer lock.
 */
public final class UnlockAttempts {
  /** Failures that stop. */
  public static final int MAX_FAILURES = 5;

  /** Within which, and for how long. */
  public static final Duration PERIOD = Duration.ofMinutes(1);

  private final Path file;
  private final LongSupplier clock;

  /**
   * Keeps the attempts in {@code file}.
   *
   * @param clock POSIX milliseconds
   */
  public UnlockAttempts(Path file, LongSupplier clock) {
    this.file = file;
    this.clock = clock;
  }

  /**
   * Refuses while there were too many failures.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_throttled}
   */
  public void check() {
    List<Long> recent = recent();
    if (recent.size() >= MAX_FAILURES) {
      long wait = Collections.max(recent) + PERIOD.toMillis() - clock.getAsLong();
      throw Problem.of(
              ProblemCode.VAULT_UNLOCK_THROTTLED,
              "Unlocking failed " + MAX_FAILURES + " times within a minute.")
          .withRule("vault.unlock_attempts")
          .withHint("Try again in " + Math.max(1, (wait + 999) / 1_000) + " s.")
          .toException();
    }
  }

  /** Remembers a failure, durably. */
  public void failed() {
    List<Long> times = recent();
    times.add(clock.getAsLong());
    write(times.subList(Math.max(0, times.size() - MAX_FAILURES), times.size()));
  }

  /** Forgets the failures. */
  public void succeeded() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /**
   * Failures within the period. The clock may have been set back: a failure of the future counts as
   * one of now, and so does whatever stands in a file of another shape.
   */
  private List<Long> recent() {
    long now = clock.getAsLong();
    List<Long> times = new ArrayList<>();
    ByteBuffer bytes = read();
    if (bytes.remaining() % Long.BYTES != 0) {
      write(Collections.nCopies(MAX_FAILURES, now));
      return new ArrayList<>(Collections.nCopies(MAX_FAILURES, now));
    }
    boolean future = false;
    while (bytes.remaining() >= Long.BYTES) {
      long time = bytes.getLong();
      future |= time > now;
      if (time > now - PERIOD.toMillis()) {
        times.add(Math.min(time, now));
      }
    }
    if (future) {
      write(times);
    }
    return times;
  }

  private ByteBuffer read() {
    try {
      if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        return ByteBuffer.allocate(0);
      }
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
        ByteBuffer bytes = ByteBuffer.allocate(MAX_FAILURES * Long.BYTES + 1);
        int read = 0;
        while (bytes.hasRemaining() && read >= 0) {
          read = channel.read(bytes);
        }
        return bytes.flip();
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private void write(List<Long> times) {
    ByteBuffer bytes = ByteBuffer.allocate(times.size() * Long.BYTES);
    times.forEach(bytes::putLong);
    bytes.flip();
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING,
                LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Without the record there is no bound, so there is no unlocking either. */
  private static RuntimeException unusable(IOException e) {
    return VaultFaults.unavailable(
        "The record of failed attempts to unlock cannot be kept.", "vault.unlock_attempts", e);
  }
}
