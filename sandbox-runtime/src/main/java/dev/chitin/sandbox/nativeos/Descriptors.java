package dev.chitin.sandbox.nativeos;

import static dev.chitin.sandbox.nativeos.Downcall.call;
import static dev.chitin.sandbox.nativeos.Downcall.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What is done with an open descriptor, and descriptors that no path leads to. */
public final class Descriptors {
  private static final int F_SETFL = 4;
  private static final int F_DUPFD_CLOEXEC = 1030;

  private Descriptors() {}

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
      check(Syscall.PIPE2, call(Syscall.PIPE2, ends.address(), Open.O_CLOEXEC, 0, 0));
      return new Fd[] {new Fd(ends.getAtIndex(JAVA_INT, 0)), new Fd(ends.getAtIndex(JAVA_INT, 1))};
    }
  }

  /** Makes reads and writes through {@code fd} answer EAGAIN instead of waiting. */
  public static void setNonBlocking(Fd fd) throws ErrnoException {
    check(Syscall.FCNTL, call(Syscall.FCNTL, fd.number(), F_SETFL, Open.O_NONBLOCK, 0));
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

  public static void fsync(Fd fd) throws ErrnoException {
    check(Syscall.FSYNC, call(Syscall.FSYNC, fd.number(), 0, 0, 0));
  }
}
