package dev.chitin.sandbox.nativeos;

import static dev.chitin.sandbox.nativeos.Downcall.call;
import static dev.chitin.sandbox.nativeos.Downcall.check;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** This process and others: who they are, what they may use, their signals and their end. */
public final class Processes {
  public static final int SIGKILL = 9;

  private static final int PR_SET_DUMPABLE = 4;
  private static final int P_PIDFD = 3;
  private static final int WEXITED = 4;

  private Processes() {}

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
}
