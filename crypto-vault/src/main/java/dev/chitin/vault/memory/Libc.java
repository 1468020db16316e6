package dev.chitin.vault.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/** The calls of the Linux C library that secret memory needs. */
@SuppressWarnings("restricted") // signatures are those of the manual pages, section 2
final class Libc {
  static final int PROT_READ_WRITE = 3;
  static final int MAP_PRIVATE_ANONYMOUS = 0x22;
  static final int MAP_SHARED = 1;
  static final int MADV_DONTFORK = 10;
  static final int MADV_DONTDUMP = 16;
  static final int MADV_WIPEONFORK = 18;

  static final int RLIMIT_CORE = 4;
  static final int RLIMIT_MEMLOCK = 8;

  /** The same number on every architecture: it came after the tables were made one. */
  private static final long SYS_MEMFD_SECRET = 447;

  private static final int O_CLOEXEC = 0x80000;
  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_DUMPABLE = 4;

  private static final Linker LINKER = Linker.nativeLinker();

  private static final MethodHandle MMAP =
      handle(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle MUNMAP = addressAndLength("munmap");
  private static final MethodHandle MLOCK = addressAndLength("mlock");
  private static final MethodHandle MADVISE =
      handle(
          "madvise",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle GETRANDOM =
      handle(
          "getrandom",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle SYSCALL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("syscall"),
          FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(1));
  private static final MethodHandle FTRUNCATE =
      handle(
          "ftruncate",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
  private static final MethodHandle CLOSE =
      handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle READ = transfer("read");
  private static final MethodHandle WRITE = transfer("write");
  private static final MethodHandle GETRLIMIT = limit("getrlimit");
  private static final MethodHandle SETRLIMIT = limit("setrlimit");
  private static final MethodHandle PRCTL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("prctl"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG),
          Linker.Option.firstVariadicArg(1));
  private static final MethodHandle ISATTY =
      handle("isatty", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle TCGETATTR =
      handle(
          "tcgetattr",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
  private static final MethodHandle TCSETATTR =
      handle(
          "tcsetattr",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS));
  private static final MethodHandle GETEUID =
      handle("geteuid", FunctionDescriptor.of(ValueLayout.JAVA_INT));

  private Libc() {}

  static boolean isLinux() {
    return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).equals("linux");
  }

  private static MethodHandle addressAndLength(String name) {
    return handle(
        name,
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
  }

  private static MethodHandle transfer(String name) {
    return handle(
        name,
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG));
  }

  private static MethodHandle limit(String name) {
    return handle(
        name,
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
  }

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }

  /** Fresh zeroed pages, or a null segment when there are none. */
  static MemorySegment map(long length) {
    return map(length, MAP_PRIVATE_ANONYMOUS, -1);
  }

  /**
   * Pages of memfd_secret(2), or a null segment where the kernel has none to give. The descriptor
   * is closed on exec and closed here at once: the pages stay with their mapping.
   */
  static MemorySegment mapSecret(long length) {
    try {
      int fd = (int) (long) SYSCALL.invokeExact(SYS_MEMFD_SECRET, O_CLOEXEC);
      if (fd < 0) {
        return MemorySegment.NULL;
      }
      boolean sized = (int) FTRUNCATE.invokeExact(fd, length) == 0;
      MemorySegment pages = sized ? map(length, MAP_SHARED, fd) : MemorySegment.NULL;
      if ((int) CLOSE.invokeExact(fd) != 0) {
        throw new IllegalStateException("close of a descriptor of our own failed");
      }
      return pages;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private static MemorySegment map(long length, int flags, int fd) {
    try {
      MemorySegment pages =
          (MemorySegment)
              MMAP.invokeExact(MemorySegment.NULL, length, PROT_READ_WRITE, flags, fd, 0L);
      return pages.address() == -1 ? MemorySegment.NULL : pages;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static void unmap(MemorySegment pages, long length) {
    try {
      int result = (int) MUNMAP.invokeExact(pages, length);
      if (result != 0) {
        throw new IllegalStateException("munmap of pages of our own failed");
      }
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static boolean lock(MemorySegment pages, long length) {
    try {
      return (int) MLOCK.invokeExact(pages, length) == 0;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static boolean advise(MemorySegment pages, long length, int advice) {
    try {
      return (int) MADVISE.invokeExact(pages, length, advice) == 0;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** Fills {@code target}, at most 256 bytes, from the kernel's generator. */
  static void random(MemorySegment target) {
    try {
      // Up to 256 bytes are never cut short by a signal (getrandom(2)).
      long filled = (long) GETRANDOM.invokeExact(target, target.byteSize(), 0);
      if (filled != target.byteSize()) {
        throw new IllegalStateException("the system gave no random bytes");
      }
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** read(2): bytes put into {@code target}, 0 at the end, -1 on an error. */
  static long read(int fd, MemorySegment target) {
    return transferred(READ, fd, target);
  }

  /** write(2): bytes taken from {@code source}, -1 on an error. */
  static long write(int fd, MemorySegment source) {
    return transferred(WRITE, fd, source);
  }

  private static long transferred(MethodHandle call, int fd, MemorySegment memory) {
    try {
      return (long) call.invokeExact(fd, memory, memory.byteSize());
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** The soft limit of a resource of this process. */
  static long softLimit(int resource) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(16, 8);
      if ((int) GETRLIMIT.invokeExact(resource, limit) != 0) {
        throw new IllegalStateException("getrlimit failed");
      }
      return limit.get(ValueLayout.JAVA_LONG, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** Sets soft and hard limit; whether it was taken. */
  static boolean setLimit(int resource, long value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(16, 8);
      limit.set(ValueLayout.JAVA_LONG, 0, value);
      limit.set(ValueLayout.JAVA_LONG, 8, value);
      return (int) SETRLIMIT.invokeExact(resource, limit) == 0;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static boolean setDumpable(boolean dumpable) {
    return process(PR_SET_DUMPABLE, dumpable ? 1 : 0) == 0;
  }

  static boolean isDumpable() {
    return process(PR_GET_DUMPABLE, 0) != 0;
  }

  private static int process(int option, long value) {
    try {
      return (int) PRCTL.invokeExact(option, value);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static boolean isTerminal(int fd) {
    try {
      return (int) ISATTY.invokeExact(fd) == 1;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** tcgetattr(3) into {@code termios}; whether it worked. */
  static boolean terminal(int fd, MemorySegment termios) {
    try {
      return (int) TCGETATTR.invokeExact(fd, termios) == 0;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** tcsetattr(3) after what was written is out and what was typed is dropped (TCSAFLUSH). */
  static boolean setTerminal(int fd, MemorySegment termios) {
    try {
      return (int) TCSETATTR.invokeExact(fd, 2, termios) == 0;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int effectiveUser() {
    try {
      return (int) GETEUID.invokeExact();
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private static IllegalStateException impossible(Throwable e) {
    return e instanceof IllegalStateException known
        ? known
        : new IllegalStateException("a call of the C library failed", e);
  }
}
