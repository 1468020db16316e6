package dev.chitin.sandbox.nativeos;

import static dev.chitin.sandbox.nativeos.Downcall.call;
import static dev.chitin.sandbox.nativeos.Downcall.check;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.chitin.bus.Bytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** statx(2): what a file is, opened or named. */
public final class Statx {
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int STATX_BASIC = 0x7ff;

  /** What {@code stx_blocks} counts in, whatever the file system's own blocks are. */
  private static final long BLOCK = 512;

  private Statx() {}

  /** statx(2) of the open file itself. */
  public static FileStat fstat(Fd fd) throws ErrnoException {
    return statx(fd.number(), "", AT_EMPTY_PATH);
  }

  /** statx(2) of where {@code path} leads, links of {@code /proc} followed. */
  public static FileStat stat(String path) throws ErrnoException {
    return statx(Open.AT_FDCWD, path, 0);
  }

  /** statx(2) of one name in a directory, never following a link at its end. */
  public static FileStat lstatat(Fd directory, String name) throws ErrnoException {
    return statx(directory.number(), name, AT_SYMLINK_NOFOLLOW);
  }

  /** Like {@link #lstatat(Fd, String)}, for a NUL-terminated name of any bytes. */
  static FileStat lstatat(Fd directory, MemorySegment name) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      return statx(arena, directory.number(), name, AT_SYMLINK_NOFOLLOW);
    }
  }

  /** The same for a name that need not be text. */
  public static FileStat lstatat(Fd directory, Bytes name) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      return statx(arena, directory.number(), CString.of(arena, name), AT_SYMLINK_NOFOLLOW);
    }
  }

  private static FileStat statx(int directory, String path, int flags) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      return statx(arena, directory, CString.of(arena, path), flags);
    }
  }

  private static FileStat statx(Arena arena, int directory, MemorySegment name, int flags)
      throws ErrnoException {
    MemorySegment out = arena.allocate(256, 8);
    check(
        Syscall.STATX,
        call(Syscall.STATX, directory, name.address(), flags, STATX_BASIC, out.address(), 0));
    long major = Integer.toUnsignedLong(out.get(JAVA_INT, 136));
    long minor = Integer.toUnsignedLong(out.get(JAVA_INT, 140));
    long device =
        (major & 0xfff) << 8 | (minor & 0xff) | (minor & ~0xffL) << 12 | (major & ~0xfffL) << 32;
    return new FileStat(
        Short.toUnsignedInt(out.get(JAVA_SHORT, 28)),
        Integer.toUnsignedLong(out.get(JAVA_INT, 16)),
        out.get(JAVA_INT, 20),
        device,
        out.get(JAVA_LONG, 32),
        out.get(JAVA_LONG, 40),
        out.get(JAVA_LONG, 48) * BLOCK);
  }
}
