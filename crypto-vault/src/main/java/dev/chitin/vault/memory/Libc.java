package dev.chitin.vault.memory;

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
  static final int MADV_DONTDUMP = 16;
  static final int MADV_WIPEONFORK = 18;

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

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }

  /** Fresh zeroed pages, or a null segment when there are none. */
  static MemorySegment map(long length) {
    try {
      MemorySegment pages =
          (MemorySegment)
              MMAP.invokeExact(
                  MemorySegment.NULL, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
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
