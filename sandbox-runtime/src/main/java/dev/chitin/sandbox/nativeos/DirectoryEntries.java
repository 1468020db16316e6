package dev.chitin.sandbox.nativeos;

import static dev.chitin.sandbox.nativeos.Downcall.call;
import static dev.chitin.sandbox.nativeos.Downcall.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.chitin.bus.Bytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Entries of an open directory by their names: made, read, renamed and removed, never followed. */
public final class DirectoryEntries {
  public static final int RENAME_NOREPLACE = 1;

  private static final int AT_REMOVEDIR = 0x200;

  private DirectoryEntries() {}

  /** The target of a symbolic link in a directory. */
  public static byte[] readlinkat(Fd directory, String name) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = CString.of(arena, name);
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
      rename(directory, CString.of(arena, from), directory, CString.of(arena, to), flags);
    }
  }

  /**
   * renameat2(2) from one directory to another, never in place of what is there.
   *
   * @param from need not be text
   */
  public static void move(Fd directory, Bytes from, Fd target, String to) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      rename(directory, CString.of(arena, from), target, CString.of(arena, to), RENAME_NOREPLACE);
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
          call(Syscall.MKDIRAT, directory.number(), CString.of(arena, name).address(), mode, 0));
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
          call(Syscall.UNLINKAT, directory.number(), CString.of(arena, name).address(), 0, 0));
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
          call(Syscall.UNLINKAT, directory.number(), CString.of(arena, name).address(), flags, 0));
    }
  }
}
