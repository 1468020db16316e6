package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Statx;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Finds what no walk of a directory can: files that have no name any more and take their blocks as
 * long as a process of the run holds them open. What is held by a mapping alone, or is on its way
 * between two processes, is not found.
 */
final class DeletedFiles {
  private final Set<Long> devices;
  private final long endNanoTime;
  private final Set<Long> seen = new HashSet<>();
  private final Set<Long> known = new HashSet<>();
  private final Deque<Long> ahead = new ArrayDeque<>();
  private long bytes;
  private long hidden;

  private DeletedFiles(Set<Long> devices, long mostNanos) {
    this.devices = devices;
    endNanoTime = System.nanoTime() + mostNanos;
  }

  /**
   * What was found.
   *
   * @param bytes that they take on disk
   * @param hidden processes whose open files this user cannot see
   */
  record Found(long bytes, long hidden) {}

  /**
   * Looks at a process and all below it; the init of a pid namespace has all the others below it.
   *
   * @param init process id
   * @param devices {@code st_dev} of the file systems that count
   * @param mostNanos time that it takes
   */
  static Found below(long init, Set<Long> devices, long mostNanos) throws IOException {
    var search = new DeletedFiles(devices, mostNanos);
    search.ahead.add(init);
    while (!search.ahead.isEmpty() && System.nanoTime() - search.endNanoTime < 0) {
      search.process(Path.of("/proc", Long.toString(search.ahead.remove())));
    }
    return new Found(search.bytes, search.hidden);
  }

  private void process(Path process) throws IOException {
    try {
      files(process);
      children(process);
    } catch (IOException e) {
      if (hasMemory(process)) {
        throw e;
      }
    }
  }

  private void files(Path process) throws IOException {
    try (DirectoryStream<Path> open = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path file : open) {
        look(file);
      }
    } catch (AccessDeniedException e) {
      // What has no memory any more is about to end, and shows its files to nobody.
      hidden += hasMemory(process) ? 1 : 0;
    }
  }

  private void children(Path process) throws IOException {
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
      for (Path task : tasks) {
        for (String child : Files.readString(task.resolve("children")).split(" ", -1)) {
          if (!child.isBlank() && known.add(Long.valueOf(child.strip()))) {
            ahead.add(Long.valueOf(child.strip()));
          }
        }
      }
    }
  }

  /** Whether it runs; one that ends, or has ended, has nothing open. */
  private static boolean hasMemory(Path process) {
    try {
      return Files.readString(process.resolve("status")).contains("VmSize:");
    } catch (IOException e) {
      return false;
    }
  }

  private void look(Path file) throws ErrnoException {
    try {
      FileStat stat = Statx.stat(file.toString());
      if (stat.links() == 0
          && stat.isRegular()
          && devices.contains(stat.device())
          && seen.add(stat.inode())) {
        bytes += stat.allocated();
      }
    } catch (ErrnoException e) {
      // It was closed meanwhile, or its process ended.
      if (e.errno() != Errno.ENOENT && e.errno() != Errno.ESRCH) {
        throw e;
      }
    }
  }
}
