package dev.chitin.sandbox.bwrap;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One thread for what blocks shortly after a run, so that neither poller nor event loops wait. */
final class CleanUp {
  private static final int REMOVALS = 12;

  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().name("sandbox-clean-up").daemon(true).factory());

  void execute(Runnable task) {
    thread.execute(task);
  }

  /** The same thread, for what is looked at later. */
  ScheduledExecutorService timer() {
    return thread;
  }

  void every(long millis, Runnable task) {
    var _ = thread.scheduleWithFixedDelay(task, millis, millis, TimeUnit.MILLISECONDS);
  }

  /**
   * Removes {@code group}, trying again while the kernel has not let go of its last process; after
   * the last attempt the next sweep has it.
   */
  void remove(RunGroup group) {
    remove(group, 0);
  }

  private void remove(RunGroup group, int attempt) {
    if (!group.remove() && attempt < REMOVALS) {
      var _ =
          thread.schedule(() -> remove(group, attempt + 1), 1L << attempt, TimeUnit.MILLISECONDS);
    }
  }

  void shutdown() {
    thread.shutdown();
  }
}
