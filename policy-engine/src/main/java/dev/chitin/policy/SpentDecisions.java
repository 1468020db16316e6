package dev.chitin.policy;

import dev.chitin.bus.Bytes;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Marks of spent decisions, kept for at least a decision's lifetime and less than two: they come in
 * generations, of which the older goes as a whole once all in it have expired. A decision is named
 * by its MAC, which nobody makes twice. Safe for use from any thread.
 */
final class SpentDecisions {
  private final LongSupplier nanoTime;
  private final long lifetime;
  private final int most;
  private final ReentrantLock lock = new ReentrantLock();
  private NameTable older = new NameTable();
  private NameTable younger = new NameTable();
  private long began;

  /** What came of it. */
  enum Mark {
    /** It was not spent before, and is now. */
    SET,
    SPENT,
    EXPIRED,
    /** There are as many marks as there may be; none was set. */
    FULL
  }

  /**
   * @param lifetime nanoseconds for which a decision counts at most
   * @param most marks at a time
   */
  SpentDecisions(LongSupplier nanoTime, long lifetime, int most) {
    this.nanoTime = nanoTime;
    this.lifetime = lifetime;
    this.most = most;
    this.began = nanoTime.getAsLong();
  }

  /**
   * Spends a decision. The clock is read when nobody else can change the marks: who was held up
   * until a mark had gone finds that the decision has, too.
   *
   * @param mac at least 16 bytes
   * @param expires at most a lifetime from now
   */
  Mark spend(Bytes mac, long expires) {
    ByteBuffer bytes = ByteBuffer.wrap(mac.borrow());
    long high = bytes.getLong();
    long low = bytes.getLong();
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      if (expires - now <= 0) {
        return Mark.EXPIRED;
      }
      age(now);
      if (younger.contains(high, low) || older.contains(high, low)) {
        return Mark.SPENT;
      }
      if (younger.size() + older.size() >= most) {
        return Mark.FULL;
      }
      younger.add(high, low);
      return Mark.SET;
    } finally {
      lock.unlock();
    }
  }

  private void age(long now) {
    long age = now - began;
    if (age < lifetime) {
      return;
    }
    NameTable gone = older;
    older = younger;
    younger = gone;
    younger.clear();
    if (age >= 2 * lifetime) {
      older.clear();
    }
    began = now;
  }
}
