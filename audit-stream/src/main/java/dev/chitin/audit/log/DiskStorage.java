package dev.chitin.audit.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The file system.
 *
 * <p>An interrupt of a thread inside a {@link java.nio.channels.FileChannel} closes the channel,
 * and with it a log. An {@link AsynchronousFileChannel} is not interruptible; given an executor
 * that runs tasks where they are submitted, it writes on the calling thread all the same.
 */
public final class DiskStorage implements Storage {
  private static final ExecutorService CALLER = new CallerRuns();

  @Override
  public LogFile create(Path path) throws IOException {
    return new Channel(
        open(
            path,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            ownerOnly(path, "rw-------")));
  }

  @Override
  public LogFile open(Path path) throws IOException {
    return new Channel(open(path, Set.of(StandardOpenOption.WRITE)));
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.deleteIfExists(path);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    if (!isPosix(directory)) {
      return; // Windows has no such call; its directories are journalled.
    }
    try (AsynchronousFileChannel channel = open(directory, Set.of(StandardOpenOption.READ))) {
      channel.force(true);
    }
  }

  static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  /** The attribute that gives a new file these permissions, where permissions exist. */
  static FileAttribute<?>[] ownerOnly(Path path, String permissions) {
    return isPosix(path)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  private static AsynchronousFileChannel open(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return AsynchronousFileChannel.open(path, options, CALLER, attributes);
  }

  private record Channel(AsynchronousFileChannel channel) implements LogFile {

    @Override
    public void write(ByteBuffer bytes, long position) throws IOException {
      long at = position;
      while (bytes.hasRemaining()) {
        at += result(channel.write(bytes, at));
      }
    }

    /** The task has already run, so this neither waits nor notices an interrupt. */
    private static int result(Future<Integer> write) throws IOException {
      boolean interrupted = false;
      try {
        while (true) {
          try {
            return write.get();
          } catch (InterruptedException e) {
            interrupted = true; // Where the platform does wait, the interrupt has to wait too.
          }
        }
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    @Override
    public void force(boolean metadata) throws IOException {
      channel.force(metadata);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** Runs each task on the thread that submits it; has nothing to shut down. */
  private static final class CallerRuns extends AbstractExecutorService {
    @Override
    public void execute(Runnable task) {
      task.run();
    }

    @Override
    public void shutdown() {
      // There are no threads of its own.
    }

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }
}
