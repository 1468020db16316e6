package dev.chitin.audit.log;

import dev.chitin.bus.ChitinException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The bounded queue before the writer.
 *
 * <p>An entry counts against the bounds from {@link #offer} until its answer has been delivered, so
 * that callers which do not fetch their answers cannot pile them up either. At the bound an entry
 * is refused at once. No wait here can be interrupted: these threads belong to the log.
 */
final class AppendQueue {
  /** How often the watch looks at entries that wait; the precision of {@code audit.stalled}. */
  private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final int maxEntries;
  private final long maxBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition watch = lock.newCondition();
  private final ArrayDeque<Append> waiting = new ArrayDeque<>();
  private List<Append> inFlight = List.of();
  private int entries;
  private long bytes;
  private int authorizing;
  private boolean writerWaits;
  private boolean watchWaits;
  private @Nullable ChitinException closed;

  AppendQueue(int maxEntries, long maxBytes) {
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
  }

  /**
   * Takes {@code append} in.
   *
   * @param openCalls how many calls are open now; an authorization beyond {@link OpenCalls#MAX} is
   *     refused
   * @return null, or why it was not taken
   */
  @Nullable ChitinException offer(Append append, int openCalls) {
    lock.lock();
    try {
      if (closed != null) {
        return closed;
      }
      if (entries >= maxEntries || bytes + append.entry().length > maxBytes) {
        return Refusals.queueFull(entries, bytes);
      }
      if (append.withdrawal() != null && openCalls + authorizing >= OpenCalls.MAX) {
        return Refusals.tooManyOpenCalls();
      }
      count(append, 1);
      push(append);
      return null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes in an entry of the log's own, beyond the bounds: one for each entry of a batch at most.
   */
  void addOwn(Append append) {
    lock.lock();
    try {
      count(append, 1);
      push(append);
    } finally {
      lock.unlock();
    }
  }

  private void push(Append append) {
    waiting.addLast(append);
    if (writerWaits) {
      work.signal();
    }
    if (watchWaits) {
      watch.signal();
    }
  }

  private void count(Append append, int sign) {
    entries += sign;
    bytes += sign * (long) append.entry().length;
    authorizing += append.withdrawal() == null ? 0 : sign;
  }

  /**
   * Waits for entries and takes what is there, at most {@link Frame#MAX_ENTRIES} of together at
   * most {@code maxBody} bytes in a frame. Empty when the queue is closed and drained.
   */
  List<Append> take(int maxBody) {
    lock.lock();
    try {
      inFlight = List.of();
      while (waiting.isEmpty() && closed == null) {
        writerWaits = true;
        work.awaitUninterruptibly();
        writerWaits = false;
      }
      var batch = new ArrayList<Append>(Math.min(waiting.size(), Frame.MAX_ENTRIES));
      int body = 0;
      while (batch.size() < Frame.MAX_ENTRIES && !waiting.isEmpty()) {
        body += Frame.ENTRY_HEAD + waiting.element().entry().length;
        if (body > maxBody) {
          break;
        }
        batch.add(waiting.remove());
      }
      inFlight = batch;
      return batch;
    } finally {
      lock.unlock();
    }
  }

  /** Entries that wait to be taken. */
  int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** Gives back the room of entries whose answers were delivered or which were dropped. */
  void release(List<Append> done) {
    lock.lock();
    try {
      for (Append append : done) {
        count(append, -1);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Refuses everything from now on; what is queued is still to be taken. */
  void close(ChitinException reason) {
    lock.lock();
    try {
      if (closed == null) {
        closed = reason;
      }
      work.signal();
      watch.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Refuses everything from now on, and hands back all that waits or is in flight. */
  List<Append> abandon(ChitinException reason) {
    lock.lock();
    try {
      close(reason);
      var all = new ArrayList<>(inFlight);
      all.addAll(waiting);
      waiting.clear();
      inFlight = List.of();
      return all;
    } finally {
      lock.unlock();
    }
  }

  /**
   * For the watch: waits a while and gives the entries whose time is over and which nobody has
   * answered, or null when the queue is closed and empty. While nothing is queued it sleeps until
   * something is.
   */
  @Nullable List<Append> awaitOverdue() {
    lock.lock();
    try {
      while (waiting.isEmpty() && inFlight.isEmpty()) {
        if (closed != null) {
          return null;
        }
        watchWaits = true;
        watch.awaitUninterruptibly();
        watchWaits = false;
      }
      pause();
      long now = System.nanoTime();
      var overdue = new ArrayList<Append>();
      collect(inFlight, now, overdue);
      collect(waiting, now, overdue);
      return overdue;
    } finally {
      lock.unlock();
    }
  }

  private void pause() {
    long left = WATCH_NANOS;
    while (left > 0) {
      try {
        left = watch.awaitNanos(left);
      } catch (InterruptedException e) {
        return; // Nobody has a reason to interrupt the watch; it looks early and goes on.
      }
    }
  }

  private static void collect(Iterable<Append> from, long now, List<Append> overdue) {
    for (Append append : from) {
      if (append.expiresNanos() - now <= 0 && !append.isSettled()) {
        overdue.add(append);
      }
    }
  }

  int size() {
    lock.lock();
    try {
      return entries;
    } finally {
      lock.unlock();
    }
  }
}
