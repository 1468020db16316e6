package dev.chitin.sandbox.nativeos;

import static dev.chitin.sandbox.nativeos.Downcall.call;
import static dev.chitin.sandbox.nativeos.Downcall.check;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Waits until descriptors are ready: ppoll(2) for one, epoll(7) for many. */
public final class Polling {
  public static final int EPOLLIN = 1;
  public static final int EPOLLOUT = 4;
  public static final int EPOLLERR = 8;
  public static final int EPOLLHUP = 16;

  static final int EPOLL_CTL_ADD = 1;
  static final int EPOLL_CTL_DEL = 2;
  static final int EPOLL_CTL_MOD = 3;

  private Polling() {}

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

  static Fd epoll() throws ErrnoException {
    return new Fd(
        (int) check(Syscall.EPOLL_CREATE1, call(Syscall.EPOLL_CREATE1, Open.O_CLOEXEC, 0, 0, 0)));
  }

  static Fd eventfd() throws ErrnoException {
    return new Fd(
        (int)
            check(
                Syscall.EVENTFD2,
                call(Syscall.EVENTFD2, 0, Open.O_CLOEXEC | Open.O_NONBLOCK, 0, 0)));
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
}
