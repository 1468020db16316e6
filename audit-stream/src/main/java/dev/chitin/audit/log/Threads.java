package dev.chitin.audit.log;

/** Waits for the log's own threads. */
final class Threads {
  private Threads() {}

  /** Returns when {@code thread} has ended; an interrupt is kept for the caller. */
  static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // An order to stop is what is being carried out here.
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
