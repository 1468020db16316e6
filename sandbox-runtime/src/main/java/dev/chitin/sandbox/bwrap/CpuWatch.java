package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops a run whose whole process tree has used its CPU time. The limit of each process
 * (RLIMIT_CPU) does not add up over children; the control group's counter does.
 *
 * <p>It looks when the limit can be reached at the earliest, by what is left and the most
 * processors that the run can use, so a run that sleeps is seldom looked at, and one whose wall
 * time ends before is not watched at all.
 */
final class CpuWatch {
  private static final Logger LOG = LoggerFactory.getLogger(CpuWatch.class);
  private static final long LEAST_PAUSE_MILLIS = 10;

  private final RunGroup group;
  private final Limits limits;
  private final long percent;
  private final ScheduledExecutorService timer;
  private final boolean needed;
  private volatile boolean ended;

  /**
   * A watch that has not begun.
   *
   * @param cgroups tells what is limited and counted here
   * @param timer for short reads; not the poller's thread
   */
  CpuWatch(Cgroups cgroups, RunGroup group, Limits limits, ScheduledExecutorService timer) {
    this.group = group;
    this.limits = limits;
    this.timer = timer;
    long all = 100L * Runtime.getRuntime().availableProcessors();
    percent = cgroups.has(Controller.CPU) ? Math.min(limits.cpuPercent(), all) : all;
    needed =
        cgroups.has(Controller.CPU_TIME)
            && limits.cpuMillis() < limits.wallMillis() * percent / 100;
  }

  /** Watches from now on; {@code stop} is called at most once, on the timer's thread. */
  void begin(Runnable stop) {
    if (needed) {
      schedule(limits.cpuMillis(), stop);
    }
  }

  /** The run has ended, and its groups are about to go. */
  void end() {
    ended = true;
  }

  private void schedule(long leftMillis, Runnable stop) {
    long pause = Math.max(LEAST_PAUSE_MILLIS, leftMillis * 100 / percent);
    try {
      var _ = timer.schedule(() -> look(stop), pause, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // Only when the backend stops, which ends every run by itself.
      LOG.debug("A run ends before its CPU time is looked at again.", e);
    }
  }

  private void look(Runnable stop) {
    if (ended) {
      return;
    }
    try {
      long left = limits.cpuMillis() - group.cpuMillis();
      if (left <= 0) {
        stop.run();
      } else {
        schedule(left, stop);
      }
    } catch (IOException e) {
      if (!ended) {
        // A limit that cannot be watched any more must not look as if it held.
        LOG.warn("The CPU time of a run cannot be read; the run is stopped.", e);
        stop.run();
      }
    }
  }
}
