package dev.chitin.audit.log;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Keeps a second writer out of a log's directory.
 *
 * <p>POSIX drops a process's lock when the process closes <em>any</em> descriptor of the file, so a
 * second attempt inside one process must not even open it: the file {@code owner} beside it, which
 * names the process by id and start time, tells. A killed process leaves {@code owner} behind but
 * not the lock, and the lock is what counts between processes; where it was dropped so, that the
 * owner has the file open still (proc(5), where there is one).
 */
final class DirectoryLock implements Closeable {
  private final LogDirectory directory;
  private final FileChannel channel;

  private DirectoryLock(LogDirectory directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws ChitinException {@code audit.unavailable} when another log, here or in another process,
   *     holds it
   */
  @SuppressWarnings("resource") // The channel is the lock: it stays open until close().
  static DirectoryLock take(LogDirectory directory) throws IOException {
    String self = self();
    if (owner(directory).equals(self)) {
      throw held(directory, "this process");
    }
    FileChannel channel =
        FileChannel.open(
            directory.lock(),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            DiskStorage.ownerOnly(directory.path(), "rw-------"));
    try {
      if (channel.tryLock() == null) {
        throw held(directory, "process " + owner(directory).replaceFirst(" .*", ""));
      }
      if (isOpenIn(owner(directory), directory.lock())) {
        throw held(directory, "process " + owner(directory).replaceFirst(" .*", ""));
      }
      sign(directory, self);
      return new DirectoryLock(directory, channel);
    } catch (OverlappingFileLockException e) {
      throw held(directory, "this process");
    } catch (IOException | ChitinException e) {
      channel.close();
      throw e;
    }
  }

  private static void sign(LogDirectory directory, String self) throws IOException {
    Files.deleteIfExists(directory.owner());
    try (FileChannel owner =
        FileChannel.open(
            directory.owner(),
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            DiskStorage.ownerOnly(directory.path(), "rw-------"))) {
      owner.write(ByteBuffer.wrap(self.getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static String owner(LogDirectory directory) throws IOException {
    if (!Files.exists(directory.owner()) || Files.size(directory.owner()) > 256) {
      return "";
    }
    return Files.readString(directory.owner(), StandardCharsets.UTF_8);
  }

  /** Whether the process that {@code owner} names has {@code lock} open, as far as can be seen. */
  private static boolean isOpenIn(String owner, Path lock) throws IOException {
    if (!owner.matches("[0-9]{1,19} .*")) {
      return false;
    }
    Path descriptors = Path.of("/proc", owner.substring(0, owner.indexOf(' ')), "fd");
    Path real = lock.toRealPath();
    try (Stream<Path> open = Files.list(descriptors)) {
      return open.anyMatch(descriptor -> isLinkTo(descriptor, real));
    } catch (IOException | UncheckedIOException e) {
      return false; // It is gone, or another user's, or there is no proc(5).
    }
  }

  private static boolean isLinkTo(Path descriptor, Path file) {
    try {
      return Files.readSymbolicLink(descriptor).equals(file);
    } catch (IOException e) {
      return false; // Closed meanwhile.
    }
  }

  private static String self() {
    ProcessHandle process = ProcessHandle.current();
    return process.pid()
        + " "
        + process.info().startInstant().map(Object::toString).orElse("unknown start");
  }

  private static ChitinException held(LogDirectory directory, String holder) {
    return Problem.of(
            ProblemCode.AUDIT_UNAVAILABLE,
            "The audit log in " + directory.path() + " is already open in " + holder + ".")
        .withHint("Stop the other gateway, or give this one another audit directory.")
        .toException();
  }

  @Override
  public void close() throws IOException {
    if (!channel.isOpen()) {
      return; // Closed before; by now the directory may be another log's.
    }
    Files.deleteIfExists(directory.owner());
    channel.close();
  }
}
