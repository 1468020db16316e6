package dev.chitin.audit.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the next segment ahead: a file of zeros, with real blocks, synced, so that the syncs of the
 * log have no metadata to write. It is made when it is asked for; when it cannot be made, each
 * second brings a new try. On the same thread and at the same pace it looks at the free space.
 */
final class SpareSegments implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(SpareSegments.class);
  private static final int CHUNK = 1 << 20;
  private static final long PACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Storage storage;
  private final LogDirectory directory;
  private final long segmentBytes;
  private final long minFreeBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable LogFile ready;
  private boolean wanted;
  private boolean patient;
  private boolean closed;
  private volatile boolean failing;
  private final Presence presence;
  private volatile boolean displaced;
  private volatile boolean lowSpace;
  private volatile long freeBytes;

  SpareSegments(Storage storage, LogDirectory directory, long segmentBytes, long minFreeBytes) {
    this.storage = storage;
    this.directory = directory;
    this.segmentBytes = segmentBytes;
    this.minFreeBytes = minFreeBytes;
    this.presence = new Presence(directory);
  }

  @Override
  public void run() {
    while (awaitTurn()) {
      checkSpace();
      if (!displaced && isWanted()) {
        tryToMake();
      }
    }
  }

  private boolean awaitTurn() {
    lock.lock();
    try {
      long left = PACE_NANOS;
      while (!closed && (!wanted || failing) && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !closed;
    } catch (InterruptedException e) {
      return true; // Nobody has a reason to interrupt this thread; it takes its turn early.
    } finally {
      lock.unlock();
    }
  }

  private boolean isWanted() {
    lock.lock();
    try {
      return wanted && !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Looks now whether the directory is there, and at its free space. */
  void checkSpace() {
    boolean gone = !presence.isThere();
    if (gone != displaced) {
      displaced = gone;
      tellDisplaced();
    }
    if (gone) {
      return;
    }
    try {
      freeBytes = Files.getFileStore(directory.path()).getUsableSpace();
      lowSpace = freeBytes < minFreeBytes;
    } catch (IOException e) {
      lowSpace = true; // What cannot be seen is not relied on.
      LOG.warn("cannot read the free space of the audit directory", e);
    }
  }

  private void tellDisplaced() {
    if (displaced) {
      LOG.error(
          "{} is gone, or is not the directory that was opened; no call is taken until it is back",
          directory.path());
    } else {
      LOG.info("{} is back", directory.path());
    }
  }

  private void tryToMake() {
    try {
      LogFile made = make();
      lock.lock();
      try {
        ready = made;
        wanted = false;
        failing = false;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    } catch (IOException e) {
      if (!failing) {
        LOG.error("cannot make the next audit segment; trying again each second", e);
      }
      lock.lock();
      try {
        failing = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Makes one now, on the calling thread. */
  private LogFile make() throws IOException {
    storage.delete(directory.spare());
    LogFile file = storage.create(directory.spare());
    try {
      ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK);
      for (long at = 0; at < segmentBytes; at += CHUNK) {
        file.write(zeros.clear().limit((int) Math.min(CHUNK, segmentBytes - at)), at);
      }
      file.force(true);
      return file;
    } catch (IOException e) {
      discard(file);
      throw e;
    }
  }

  /** Gives the room of a half-made file back: on a full disk it is the room that is missing. */
  private void discard(LogFile file) {
    try {
      file.close();
      storage.delete(directory.spare());
    } catch (IOException e) {
      LOG.warn("cannot remove a half-made audit segment", e);
    }
  }

  /**
   * Waits for the spare, asked for before or not; null when it cannot be made, for a patient log
   * not before {@link #close}. The caller renames it.
   */
  @Nullable LogFile take() {
    lock.lock();
    try {
      if (ready == null) {
        request();
      }
      while (ready == null && !closed && (patient || !failing)) {
        changed.awaitUninterruptibly();
      }
      LogFile taken = ready;
      ready = null;
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether {@link #take} waits until there is room again, as a log does that serves, or gives up
   * after a failed try, as it does while it is opened and closed.
   */
  void setPatient(boolean wait) {
    lock.lock();
    try {
      patient = wait;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Asks for one. Its name on the disk is free. */
  void request() {
    lock.lock();
    try {
      wanted = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the last try to make a segment failed. */
  boolean isFailing() {
    return failing;
  }

  /** Whether the directory was not there, or was another, when it was last looked at. */
  boolean isDisplaced() {
    return displaced;
  }

  /** Whether less space is free than is asked for. */
  boolean isSpaceLow() {
    return lowSpace;
  }

  /** Free space when it was last looked at, in bytes. */
  long freeBytes() {
    return freeBytes;
  }

  /** Ends the thread after its turn; the spare that is there is removed by the next start. */
  void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      if (ready != null) {
        ready.close();
        ready = null;
      }
    } finally {
      lock.unlock();
    }
  }
}
