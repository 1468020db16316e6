package dev.chitin.sandbox.nativeos;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.chitin.sandbox.nativeos.DiskUsage.Bound;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Measures a directory tree that somebody may change meanwhile: by descriptors, never through a
 * link, never into another file system, with bounds of entries, time and depth. One descriptor is
 * open for each level. An inode of several names counts once.
 */
public final class DiskUsageWalk {
  /** Deeper than this is not walked: each level costs a descriptor. */
  public static final int MOST_LEVELS = 100;

  private static final int CLOCK_EVERY = 128;
  private static final int BENEATH =
      Open.RESOLVE_BENEATH
          | Open.RESOLVE_NO_SYMLINKS
          | Open.RESOLVE_NO_MAGICLINKS
          | Open.RESOLVE_NO_XDEV;

  private final long mostEntries;
  private final long endNanoTime;
  private final Set<Long> linked = new HashSet<>();
  private long entries;
  private long bytes;
  private long files;
  private long unreadable;
  private long foreign;
  private Bound bound = Bound.NONE;

  private DiskUsageWalk(long mostEntries, long mostNanos) {
    this.mostEntries = mostEntries;
    endNanoTime = System.nanoTime() + mostNanos;
  }

  /**
   * Walks below {@code root}.
   *
   * @param root a directory or a regular file, {@code O_PATH} will do
   * @param mostEntries entries that are looked at
   * @param mostNanos time that it takes
   */
  public static DiskUsage measure(Fd root, long mostEntries, long mostNanos) throws ErrnoException {
    var walk = new DiskUsageWalk(mostEntries, mostNanos);
    FileStat stat = Statx.fstat(root);
    if (stat.isDirectory()) {
      try (Arena arena = Arena.ofConfined()) {
        walk.descend(root, CString.of(arena, "."), 0);
      }
    } else {
      walk.bytes = stat.allocated();
    }
    return new DiskUsage(walk.bytes, walk.files, walk.unreadable, walk.foreign, walk.bound);
  }

  private void descend(Fd parent, MemorySegment name, int level) throws ErrnoException {
    if (level == MOST_LEVELS) {
      bound = Bound.DEPTH;
      return;
    }
    try (Fd directory =
        Open.openat2(parent.number(), name, Open.O_RDONLY | Open.O_DIRECTORY, 0, BENEATH)) {
      walk(directory, level);
    } catch (ErrnoException e) {
      switch (e.errno()) {
        case Errno.EACCES -> unreadable++;
        case Errno.EXDEV -> foreign++;
        // It went away, or something else took its name; the next walk sees that.
        case Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP -> {}
        default -> throw e;
      }
    }
  }

  private void walk(Fd directory, int level) throws ErrnoException {
    List<byte[]> below = new ArrayList<>();
    Directories.scan(directory, (name, type) -> look(directory, name, below));
    for (byte[] name : below) {
      if (bound != Bound.NONE) {
        return;
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment copy = arena.allocate(name.length);
        MemorySegment.copy(name, 0, copy, JAVA_BYTE, 0, name.length);
        descend(directory, copy, level + 1);
      }
    }
  }

  /** Counts one entry; answers whether the walk goes on. */
  private boolean look(Fd directory, MemorySegment name, List<byte[]> below) throws ErrnoException {
    if (entries++ == mostEntries) {
      bound = Bound.ENTRIES;
      return false;
    }
    if (entries % CLOCK_EVERY == 0 && System.nanoTime() - endNanoTime > 0) {
      bound = Bound.TIME;
      return false;
    }
    FileStat stat;
    try {
      stat = Statx.lstatat(directory, name);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        return true;
      }
      throw e;
    }
    if (stat.isDirectory()) {
      below.add(name.toArray(JAVA_BYTE));
    } else if (stat.links() > 1 && !linked.add(stat.inode())) {
      return true;
    }
    bytes += stat.allocated();
    files++;
    return true;
  }
}
