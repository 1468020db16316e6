package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.ChitinException;
import dev.chitin.policy.Limits;
import dev.chitin.sandbox.nativeos.DiskUsage;
import dev.chitin.sandbox.nativeos.DiskUsageWalk;
import dev.chitin.sandbox.nativeos.Statx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one run within what it may add to its writable mounts, bytes and inodes, all mounts
 * together: measured before the tool starts, now and then while it runs, and once when it has
 * ended. There is no quota of the kernel's behind it, so a run can get somewhat beyond before it is
 * stopped.
 *
 * <p>It is the mounts' growth that is measured: what somebody else adds meanwhile counts too. What
 * cannot be looked at counts as too much: directories that were made unlistable, and nesting beyond
 * {@value DiskUsageWalk#MOST_LEVELS} levels. A measurement takes a bounded time, and a tenth of a
 * thread at most.
 */
final class DiskWatch {
  private static final Logger LOG = LoggerFactory.getLogger(DiskWatch.class);

  /** Entries of one mount that are looked at. */
  private static final long MOST_ENTRIES = 200_000;

  private static final long MOST_NANOS = 2_000_000_000L;
  private static final long FIRST_NANOS = 25_000_000L;
  private static final long MOST_PAUSE_NANOS = 2_000_000_000L;
  private static final int PAUSE_FACTOR = 10;

  private final List<Watched> mounts = new ArrayList<>();
  private final Set<Long> devices = new HashSet<>();
  private final Limits limits;
  private final ScheduledExecutorService walkers;
  private final boolean waived;
  private final long mostEntries;
  private final List<String> notes = new ArrayList<>();
  private Runnable stop = () -> {};
  private long init;
  private long hiddenBefore;
  private @Nullable IOException failure;
  private @Nullable ChitinException refusal;
  private boolean struck;
  private volatile boolean ended;

  /** One mount and what was in it before. */
  private record Watched(WritableMount mount, DiskUsage start) {
    String target() {
      return mount.mount().target();
    }
  }

  /** One measurement of all mounts, against what was there before. */
  private record Growth(long bytes, long files, long hidden, String most) {}

  /**
   * @param waived whether a mount that is too large to be measured may be written without a limit
   */
  DiskWatch(Limits limits, ScheduledExecutorService walkers, boolean waived) {
    this(limits, walkers, waived, MOST_ENTRIES);
  }

  DiskWatch(Limits limits, ScheduledExecutorService walkers, boolean waived, long mostEntries) {
    this.limits = limits;
    this.walkers = walkers;
    this.waived = waived;
    this.mostEntries = mostEntries;
  }

  /**
   * Measures what is there before the tool starts. Blocks as long as one walk of each mount; {@link
   * #begin} tells of a failure.
   */
  synchronized void prepare(List<WritableMount> writable) {
    try {
      measureStart(writable);
    } catch (IOException e) {
      failure = e;
    }
  }

  private void measureStart(List<WritableMount> writable) throws IOException {
    for (WritableMount mount : writable) {
      if (writable.stream().anyMatch(other -> other.holds(mount))
          || mounts.stream().anyMatch(known -> known.mount().sameSource(mount))) {
        continue;
      }
      DiskUsage start = DiskUsageWalk.measure(mount.root(), mostEntries, MOST_NANOS);
      var watched = new Watched(mount, start);
      if (start.bound() != DiskUsage.Bound.NONE && !waived) {
        refusal = tooLarge(watched.target(), start.bound());
        return;
      }
      if (start.bound() != DiskUsage.Bound.NONE) {
        notes.add(
            "disk: not limited in "
                + watched.target()
                + ", which is too large to be measured ("
                + described(start.bound())
                + ")");
        continue;
      }
      if (start.foreign() > 0) {
        notes.add(
            "disk: not limited in other file systems that are mounted inside " + watched.target());
      }
      mounts.add(watched);
      devices.add(Statx.fstat(mount.root()).device());
    }
  }

  /**
   * Looks at the mounts from now on.
   *
   * @param initProcess the run's init, as this process numbers it
   * @param stopRun called at most once, on a walker's thread, when the run has added too much
   * @throws IOException when what was there before could not be measured
   * @throws ChitinException {@code sandbox.unavailable} when a mount is too large to be limited
   */
  synchronized void begin(long initProcess, Runnable stopRun) throws IOException {
    if (refusal != null) {
      throw refusal;
    }
    if (failure != null) {
      throw failure;
    }
    init = initProcess;
    stop = stopRun;
    if (!mounts.isEmpty()) {
      schedule(FIRST_NANOS);
    }
  }

  private ChitinException tooLarge(String target, DiskUsage.Bound bound) {
    return Unavailable.because(
        "What a run adds to "
            + target
            + " cannot be limited: it is too large to be measured ("
            + described(bound)
            + ").",
        "Give the tool a smaller writable directory, or give this control up by name:"
            + " sandbox.waive: [\""
            + SandboxSettings.DISK_QUOTA
            + "\"].");
  }

  /** Looks once more, now that nothing of the run is left, and then calls {@code done}. */
  void end(Runnable done) {
    // On the poller's thread, which may not wait for a walk; the list does not change any more.
    ended = true;
    if (mounts.isEmpty()) {
      done.run();
      return;
    }
    walkers.execute(
        () -> {
          try {
            last();
          } finally {
            done.run();
          }
        });
  }

  /** Whether the run added too much. */
  synchronized boolean struck() {
    return struck;
  }

  /** What struck, and what could not be measured. */
  synchronized List<String> notes() {
    return List.copyOf(notes);
  }

  private void schedule(long nanos) {
    try {
      var _ = walkers.schedule(this::poll, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // Only when the backend stops, which ends every run by itself.
      LOG.debug("A run ends before its disk is looked at again.", e);
    }
  }

  private synchronized void poll() {
    if (ended || struck) {
      return;
    }
    long start = System.nanoTime();
    look(false);
    if (struck) {
      stop.run();
    } else {
      schedule(
          Math.clamp((System.nanoTime() - start) * PAUSE_FACTOR, FIRST_NANOS, MOST_PAUSE_NANOS));
    }
  }

  private synchronized void last() {
    if (!struck) {
      look(true);
    }
  }

  private void look(boolean last) {
    try {
      Growth growth = measure(last);
      verdict(growth, last).ifPresent(this::strike);
      hiddenBefore = growth.hidden();
    } catch (IOException | RuntimeException e) {
      LOG.warn("The writable mounts of a run could not be measured.", e);
      note("disk: a measurement failed");
    }
  }

  private void strike(String note) {
    struck = true;
    note(note);
  }

  private void note(String note) {
    if (!notes.contains(note)) {
      notes.add(note);
    }
  }

  private Growth measure(boolean last) throws IOException {
    long bytes = 0;
    long files = 0;
    long hidden = 0;
    long most = Long.MIN_VALUE;
    String target = "";
    for (Watched watched : mounts) {
      DiskUsage start = watched.start();
      // No need to count on when the limit has been passed.
      long enough = start.files() + limits.diskFiles() + 1;
      DiskUsage now =
          DiskUsageWalk.measure(
              watched.mount().root(), Math.min(mostEntries, 2 * enough), MOST_NANOS);
      if (now.bound() == DiskUsage.Bound.DEPTH) {
        hidden++;
      } else if (now.bound() != DiskUsage.Bound.NONE && now.files() < enough) {
        note(
            "disk: a measurement of "
                + watched.target()
                + " was not complete ("
                + described(now.bound())
                + ")");
      }
      long added = now.bytes() - start.bytes();
      bytes += added;
      files += now.files() - start.files();
      hidden += Math.max(0, now.unreadable() - start.unreadable());
      // An inode stands for a page here, to tell which of several mounts has grown most.
      long weight = added + 4_096 * (now.files() - start.files());
      if (weight > most) {
        most = weight;
        target = watched.target();
      }
    }
    if (!last) {
      DeletedFiles.Found deleted = DeletedFiles.below(init, devices, MOST_NANOS);
      bytes += deleted.bytes();
      hidden += deleted.hidden();
    }
    return new Growth(bytes, files, hidden, target);
  }

  private Optional<String> verdict(Growth growth, boolean last) {
    if (growth.bytes() > limits.diskBytes()) {
      return Optional.of(
          "disk_limit: " + growth.most() + " grew beyond " + limits.diskBytes() + " bytes");
    }
    if (growth.files() > limits.diskFiles()) {
      return Optional.of(
          "disk_limit: " + growth.most() + " grew beyond " + limits.diskFiles() + " files");
    }
    // Once may be a directory that is being made; twice in a row it stays out of sight.
    if (growth.hidden() > 0 && (last || hiddenBefore > 0)) {
      return Optional.of(
          "disk_limit: " + growth.most() + " holds what cannot be listed and so not be counted");
    }
    return Optional.empty();
  }

  private String described(DiskUsage.Bound bound) {
    return switch (bound) {
      case NONE -> "complete";
      case ENTRIES -> "more than " + mostEntries + " entries";
      case TIME -> "more than " + MOST_NANOS / 1_000_000 + " ms";
      case DEPTH -> "more than " + DiskUsageWalk.MOST_LEVELS + " levels";
    };
  }
}
