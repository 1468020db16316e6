package dev.chitin.vault.memory;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;

/**
 * Closes this process to others of the same user: no core file, no attaching, no reading of its
 * memory through {@code /proc}. Done before a key is read.
 */
public final class ProcessGuard {
  private ProcessGuard() {}

  /**
   * What the kernel says of this process.
   *
   * @param dumpable whether others of the same user may read its memory
   * @param coreBytes the largest core file; -1 is no limit
   */
  public record State(boolean dumpable, long coreBytes) {
    /** Whether neither a core file nor another process can have its memory. */
    public boolean closed() {
      return !dumpable && coreBytes == 0;
    }
  }

  /** The state as the kernel has it now. */
  public static State state() {
    return Libc.isLinux()
        ? new State(Libc.isDumpable(), Libc.softLimit(Libc.RLIMIT_CORE))
        : new State(true, -1);
  }

  /**
   * Closes the process and reads back that it is closed. Elsewhere than on Linux it does nothing,
   * and {@link #state} says so.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unavailable} when the kernel does not do it
   */
  public static void close() {
    if (Libc.isLinux()) {
      boolean undumpable = Libc.setDumpable(false);
      boolean coreless = Libc.setLimit(Libc.RLIMIT_CORE, 0);
      if (!undumpable || !coreless || !state().closed()) {
        throw Problem.of(
                ProblemCode.VAULT_UNAVAILABLE, "The process cannot be closed to other processes.")
            .withRule("process.closed")
            .withHint("Chitin needs prctl(PR_SET_DUMPABLE) and setrlimit(RLIMIT_CORE) of Linux.")
            .toException();
      }
    }
  }
}
