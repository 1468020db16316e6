package dev.chitin.sandbox.nativeos;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.chitin.bus.Bytes;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Typed Linux system calls, made through {@code syscall(2)}. Calls whose failure is ordinary (a
 * pipe that has nothing to read) answer with {@code -errno}; the others throw {@link
 * ErrnoException}. None is marked critical: each may block or take a lock in the kernel.
 */
public final class Kernel {
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

  public static final int RENAME_NOREPLACE = 1;
  public static final int SIGKILL = 9;

  public static final int EPOLLIN = 1;
  public static final int EPOLLOUT = 4;
  public static final int EPOLLERR = 8;
  public static final int EPOLLHUP = 16;

  static final int EPOLL_CTL_ADD = 1;
  static final int EPOLL_CTL_DEL = 2;
  static final int EPOLL_CTL_MOD = 3;

  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int AT_REMOVEDIR = 0x200;
  private static final int F_SETFL = 4;
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final int PR_SET_DUMPABLE = 4;
  private static final int P_PIDFD = 3;
  private static final int WEXITED = 4;
  private static final int STATX_BASIC = 0x7ff;

  /** What {@code stx_blocks} counts in, whatever the file system's own blocks are. */
  private static final long BLOCK = 512;

  private static final int EAGAIN_RETRIES = 64;

  private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle SYSCALL = syscallHandle();

  private Kernel() {}

  // The one place that binds syscall(2); the descriptor below is its C prototype, and every
  // argument is a long that a typed method of this class has made.
  @SuppressWarnings("restricted")
  private static MethodHandle syscallHandle() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        Linker.Option.firstVariadicArg(1),
        Linker.Option.captureCallState("errno"));
  }

  private static long call(Syscall call, long a, long b, long c, long d, long e, long f) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURE);
      long result = (long) SYSCALL.invokeExact(state, call.number(), a, b, c, d, e, f);
      return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    } catch (RuntimeException | Error e1) {
      throw e1;
    } catch (Throwable e2) {
      throw new IllegalStateException("a downcall threw a checked exception", e2);
    }
  }

  private static long call(Syscall call, long a, long b, long c, long d) {
    return call(call, a, b, c, d, 0, 0);
  }

  private static long check(Syscall call, long result) throws ErrnoException {
    if (result < 0) {
      throw new ErrnoException(call.name().toLowerCase(Locale.ROOT), (int) -result);
    }
    return result;
  }

  /** Tries the calls without which nothing here works. */
  static void require() throws ErrnoException {
    try (Fd root = openat2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS)) {
      fstat(root);
    }
  }

  // ---- descriptors ----

  /** read(2) into {@code buffer}: bytes read, 0 at the end, or -errno. */
  public static long read(Fd fd, MemorySegment buffer) {
    return call(Syscall.READ, fd.number(), buffer.address(), buffer.byteSize(), 0);
  }

  /** pread(2): bytes read, 0 at the end, or -errno. */
  public static long pread(Fd fd, MemorySegment buffer, long offset) {
    return call(Syscall.PREAD64, fd.number(), buffer.address(), buffer.byteSize(), offset);
  }

  /** write(2): bytes written or -errno. */
  public static long write(Fd fd, MemorySegment bytes) {
    return call(Syscall.WRITE, fd.number(), bytes.address(), bytes.byteSize(), 0);
  }

  /** Writes all of {@code bytes} at {@code offset} without moving the descriptor's offset. */
  public static void pwriteAll(Fd fd, byte[] bytes, long offset) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(Math.max(1, bytes.length));
      MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, 0, bytes.length);
      long done = 0;
      while (done < bytes.length) {
        long n =
            call(
                Syscall.PWRITE64,
                fd.number(),
                segment.address() + done,
                bytes.length - done,
                offset + done);
        if (n != -Errno.EINTR) {
          done += check(Syscall.PWRITE64, n);
        }
      }
    }
  }

  static void close(int fd) {
    call(Syscall.CLOSE, fd, 0, 0, 0);
  }

  /** A pipe, both ends close-on-exec: read end, write end. */
  public static Fd[] pipe() throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(JAVA_INT, 2);
      check(Syscall.PIPE2, call(Syscall.PIPE2, ends.address(), O_CLOEXEC, 0, 0));
      return new Fd[] {new Fd(ends.getAtIndex(JAVA_INT, 0)), new Fd(ends.getAtIndex(JAVA_INT, 1))};
    }
  }

  /** Makes reads and writes through {@code fd} answer EAGAIN instead of waiting. */
  public static void setNonBlocking(Fd fd) throws ErrnoException {
    check(Syscall.FCNTL, call(Syscall.FCNTL, fd.number(), F_SETFL, O_NONBLOCK, 0));
  }

  /** A second descriptor for the same open file, close-on-exec. */
  public static Fd duplicate(Fd fd) throws ErrnoException {
    return new Fd(
        (int) check(Syscall.FCNTL, call(Syscall.FCNTL, fd.number(), F_DUPFD_CLOEXEC, 0, 0)));
  }

  /** An anonymous file that holds {@code content}, its offset at 0, close-on-exec. */
  public static Fd memfd(String name, byte[] content) throws ErrnoException {
    Fd fd;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(name);
      fd =
          new Fd(
              (int)
                  check(Syscall.MEMFD_CREATE, call(Syscall.MEMFD_CREATE, text.address(), 1, 0, 0)));
    }
    try {
      pwriteAll(fd, content, 0);
      return fd;
    } catch (ErrnoException e) {
      fd.close();
      throw e;
    }
  }

  /** Waits up to {@code millis} for {@code fd} to be readable or closed at the other end. */
  public static boolean awaitReadable(Fd fd, long millis) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment poll = arena.allocate(8, 8);
      poll.set(JAVA_INT, 0, fd.number());
      poll.set(JAVA_SHORT, 4, (short) EPOLLIN);
      MemorySegment time = arena.allocate(16, 8);
      time.set(JAVA_LONG, 0, millis / 1000);
      time.set(JAVA_LONG, 8, millis % 1000 * 1_000_000);
      long n = call(Syscall.PPOLL, poll.address(), 1, time.address(), 0);
      return n != -Errno.EINTR && check(Syscall.PPOLL, n) > 0;
    }
  }

  // ---- files ----

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
      return openat2(directory, cString(arena, path), flags, mode, resolve);
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

  /** statx(2) of the open file itself. */
  public static FileStat fstat(Fd fd) throws ErrnoException {
    return statx(fd.number(), "", AT_EMPTY_PATH);
  }

  /** statx(2) of where {@code path} leads, links of {@code /proc} followed. */
  public static FileStat stat(String path) throws ErrnoException {
    return statx(AT_FDCWD, path, 0);
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
      return statx(arena, directory.number(), cString(arena, name), AT_SYMLINK_NOFOLLOW);
    }
  }

  private static FileStat statx(int directory, String path, int flags) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      return statx(arena, directory, cString(arena, path), flags);
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

  /** The target of a symbolic link in a directory. */
  public static byte[] readlinkat(Fd directory, String name) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = cString(arena, name);
      MemorySegment out = arena.allocate(4097);
      long n =
          check(
              Syscall.READLINKAT,
              call(
                  Syscall.READLINKAT,
                  directory.number(),
                  path.address(),
                  out.address(),
                  out.byteSize()));
      return out.asSlice(0, n).toArray(JAVA_BYTE);
    }
  }

  /** renameat2(2) within one directory. */
  public static void rename(Fd directory, String from, String to, int flags) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      rename(directory, cString(arena, from), directory, cString(arena, to), flags);
    }
  }

  /**
   * renameat2(2) from one directory to another, never in place of what is there.
   *
   * @param from need not be text
   */
  public static void move(Fd directory, Bytes from, Fd target, String to) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      rename(directory, cString(arena, from), target, cString(arena, to), RENAME_NOREPLACE);
    }
  }

  private static void rename(
      Fd directory, MemorySegment from, Fd target, MemorySegment to, int flags)
      throws ErrnoException {
    check(
        Syscall.RENAMEAT2,
        call(
            Syscall.RENAMEAT2,
            directory.number(),
            from.address(),
            target.number(),
            to.address(),
            flags,
            0));
  }

  public static void mkdirat(Fd directory, String name, int mode) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      check(
          Syscall.MKDIRAT,
          call(Syscall.MKDIRAT, directory.number(), cString(arena, name).address(), mode, 0));
    }
  }

  /** unlinkat(2) of a file. */
  public static void unlinkat(Fd directory, String name) throws ErrnoException {
    remove(directory, name, 0);
  }

  /** unlinkat(2) of a file whose name need not be text. */
  public static void unlinkat(Fd directory, Bytes name) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      check(
          Syscall.UNLINKAT,
          call(Syscall.UNLINKAT, directory.number(), cString(arena, name).address(), 0, 0));
    }
  }

  /** unlinkat(2) of an empty directory. */
  public static void rmdirat(Fd directory, String name) throws ErrnoException {
    remove(directory, name, AT_REMOVEDIR);
  }

  private static void remove(Fd directory, String name, int flags) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      check(
          Syscall.UNLINKAT,
          call(Syscall.UNLINKAT, directory.number(), cString(arena, name).address(), flags, 0));
    }
  }

  public static void fsync(Fd fd) throws ErrnoException {
    check(Syscall.FSYNC, call(Syscall.FSYNC, fd.number(), 0, 0, 0));
  }

  /** getdents64(2): bytes of {@code linux_dirent64} records, 0 at the end, or -errno. */
  static long getdents(Fd directory, MemorySegment buffer) {
    return call(Syscall.GETDENTS64, directory.number(), buffer.address(), buffer.byteSize(), 0);
  }

  // ---- processes ----

  public static int geteuid() {
    return (int) call(Syscall.GETEUID, 0, 0, 0, 0);
  }

  public static int getegid() {
    return (int) call(Syscall.GETEGID, 0, 0, 0, 0);
  }

  /** Whether other processes of the same user may read this one's memory and descriptors. */
  public static void setDumpable(boolean dumpable) throws ErrnoException {
    check(Syscall.PRCTL, call(Syscall.PRCTL, PR_SET_DUMPABLE, dumpable ? 1 : 0, 0, 0));
  }

  /** A descriptor for the process, close-on-exec; readable when it has ended. */
  public static Fd pidfdOpen(int pid) throws ErrnoException {
    return new Fd((int) check(Syscall.PIDFD_OPEN, call(Syscall.PIDFD_OPEN, pid, 0, 0, 0)));
  }

  /** Sends a signal; a process that is gone already is no error. */
  public static void signal(Fd pidfd, int signal) throws ErrnoException {
    long result = call(Syscall.PIDFD_SEND_SIGNAL, pidfd.number(), signal, 0, 0);
    if (result != -Errno.ESRCH) {
      check(Syscall.PIDFD_SEND_SIGNAL, result);
    }
  }

  /** Waits for a child of this process and reaps it. */
  public static void reap(Fd pidfd) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(128, 8);
      long result;
      do {
        result = call(Syscall.WAITID, P_PIDFD, pidfd.number(), info.address(), WEXITED);
      } while (result == -Errno.EINTR);
      check(Syscall.WAITID, result);
    }
  }

  /** Sets soft and hard limit of another process, never above the hard limit it has. */
  public static void limit(int pid, int resource, long value) throws ErrnoException {
    limit(pid, resource, value, value);
  }

  /**
   * Sets the limits of another process, never above the hard limit it has.
   *
   * @param soft where it is told
   * @param hard where the kernel acts
   */
  public static void limit(int pid, int resource, long soft, long hard) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(16, 8);
      check(Syscall.PRLIMIT64, call(Syscall.PRLIMIT64, pid, resource, 0, limit.address()));
      long most = limit.get(JAVA_LONG, 8);
      limit.set(JAVA_LONG, 0, Long.compareUnsigned(soft, most) < 0 ? soft : most);
      limit.set(JAVA_LONG, 8, Long.compareUnsigned(hard, most) < 0 ? hard : most);
      check(Syscall.PRLIMIT64, call(Syscall.PRLIMIT64, pid, resource, limit.address(), 0));
    }
  }

  // ---- waiting ----

  static Fd epoll() throws ErrnoException {
    return new Fd(
        (int) check(Syscall.EPOLL_CREATE1, call(Syscall.EPOLL_CREATE1, O_CLOEXEC, 0, 0, 0)));
  }

  static Fd eventfd() throws ErrnoException {
    return new Fd(
        (int) check(Syscall.EVENTFD2, call(Syscall.EVENTFD2, 0, O_CLOEXEC | O_NONBLOCK, 0, 0)));
  }

  static void epollControl(Fd epoll, int operation, Fd fd, int events, long data)
      throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(16, 8);
      event.set(JAVA_INT, 0, events);
      event.set(JAVA_LONG_UNALIGNED, EpollEvents.DATA, data);
      check(
          Syscall.EPOLL_CTL,
          call(Syscall.EPOLL_CTL, epoll.number(), operation, fd.number(), event.address()));
    }
  }

  /** Number of events written to {@code events}, 0 at the time-out or on a signal. */
  static int epollWait(Fd epoll, EpollEvents events, int millis) throws ErrnoException {
    long n =
        call(
            Syscall.EPOLL_PWAIT,
            epoll.number(),
            events.address(),
            EpollEvents.CAPACITY,
            millis,
            0,
            8);
    return n == -Errno.EINTR ? 0 : (int) check(Syscall.EPOLL_PWAIT, n);
  }

  /** The kernel's array of {@code struct epoll_event}, which is packed on x86-64 alone. */
  static final class EpollEvents {
    static final int CAPACITY = 256;
    private static final boolean PACKED = Architecture.here().orElseThrow() == Architecture.X86_64;
    private static final int SIZE = PACKED ? 12 : 16;
    private static final int DATA = PACKED ? 4 : 8;

    private final MemorySegment memory;

    EpollEvents(Arena arena) {
      memory = arena.allocate((long) SIZE * CAPACITY, 8);
    }

    private long address() {
      return memory.address();
    }

    int events(int index) {
      return memory.get(JAVA_INT_UNALIGNED, (long) index * SIZE);
    }

    long data(int index) {
      return memory.get(JAVA_LONG_UNALIGNED, (long) index * SIZE + DATA);
    }
  }

  /** A NUL-terminated copy in UTF-8; a NUL inside would silently name another file. */
  static MemorySegment cString(Arena arena, String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a path or argument holds NUL");
    }
    return cString(arena, Bytes.adopt(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** A NUL-terminated copy of a name as the kernel gave it, which holds no NUL. */
  private static MemorySegment cString(Arena arena, Bytes name) {
    byte[] bytes = name.borrow();
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, 0, bytes.length);
    return segment;
  }
}
