package dev.chitin.sandbox.nativeos;

import static dev.chitin.sandbox.nativeos.Downcall.call;
import static dev.chitin.sandbox.nativeos.Downcall.check;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** openat2(2): opens by a path and says how far the path may lead. */
public final class Open {
  /** Relative to the working directory, or no directory at all for absolute paths. */
  public static final int AT_FDCWD = -100;

  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0100;
  public static final int O_EXCL = 0200;
  public static final int O_NONBLOCK = 04000;
  public static final int O_CLOEXEC = 02000000;
  public static final int O_PATH = 010000000;
  public static final int O_DIRECTORY =
      Architecture.here().orElse(Architecture.X86_64) == Architecture.AARCH64 ? 040000 : 0200000;
  public static final int O_NOFOLLOW =
      Architecture.here().orElse(Architecture.X86_64) == Architecture.AARCH64 ? 0100000 : 0400000;

  public static final int RESOLVE_NO_XDEV = 1;
  public static final int RESOLVE_NO_MAGICLINKS = 2;
  public static final int RESOLVE_NO_SYMLINKS = 4;
  public static final int RESOLVE_BENEATH = 8;

  private static final int EAGAIN_RETRIES = 64;

  private Open() {}

  /**
   * openat2(2), close-on-exec. EAGAIN, which means that a rename went on meanwhile, is tried again
   * within a bound.
   *
   * @param directory a descriptor or {@link #AT_FDCWD}
   * @param path as the kernel takes it, without NUL
   * @param flags {@code O_*}
   * @param mode of a file that is created, else 0
   * @param resolve {@code RESOLVE_*}
   */
  public static Fd openat2(int directory, String path, int flags, int mode, int resolve)
      throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      return openat2(directory, CString.of(arena, path), flags, mode, resolve);
    }
  }

  /** Like {@link #openat2(int, String, int, int, int)}, for a NUL-terminated path of any bytes. */
  static Fd openat2(int directory, MemorySegment name, int flags, int mode, int resolve)
      throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment how = arena.allocate(24, 8);
      how.set(JAVA_LONG, 0, Integer.toUnsignedLong(flags | O_CLOEXEC));
      how.set(JAVA_LONG, 8, mode);
      how.set(JAVA_LONG, 16, resolve);
      long fd = -Errno.EAGAIN;
      for (int i = 0; i < EAGAIN_RETRIES && (fd == -Errno.EAGAIN || fd == -Errno.EINTR); i++) {
        fd = call(Syscall.OPENAT2, directory, name.address(), how.address(), 24);
      }
      return new Fd((int) check(Syscall.OPENAT2, fd));
    }
  }
}
