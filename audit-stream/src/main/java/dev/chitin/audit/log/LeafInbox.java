package dev.chitin.audit.log;

import dev.chitin.audit.tree.TreeHash;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Leaf hashes of durable entries, on their way from the writer to the tree. The writer never waits
 * here: what does not fit is dropped, and the reader finds the gap and reads the entries instead.
 *
 * <p>The reader is woken for the first leaf, then gathers for a while, so that the writer does not
 * pay for a wake-up with each batch.
 */
final class LeafInbox {
  private static final int CAPACITY = 32_768;
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private byte[] filling = new byte[CAPACITY * TreeHash.BYTES];
  private byte[] spare = new byte[CAPACITY * TreeHash.BYTES];
  private volatile TreeHead head;
  private long first;
  private int count;
  private boolean idle;
  private boolean poked;
  private boolean closed;

  LeafInbox(TreeHead head) {
    this.head = head;
  }

  /**
   * What the reader got.
   *
   * @param head the durable tree; every leaf below its size was here or was dropped
   * @param first index of the first leaf
   * @param count how many, maybe none
   * @param leaves their hashes; the reader's until it takes its next turn
   * @param last whether there will be no more
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Turn(TreeHead head, long first, int count, byte[] leaves, boolean last) {}

  /** Hands over the leaves of one batch, which end at {@code head}. */
  void add(byte[] leaves, int number, TreeHead now) {
    lock.lock();
    try {
      long index = now.size() - number;
      if (count == 0) {
        first = index;
      }
      if (first + count == index && count + number <= CAPACITY) {
        System.arraycopy(leaves, 0, filling, count * TreeHash.BYTES, number * TreeHash.BYTES);
        count += number;
      }
      head = now;
      if (idle || count > CAPACITY / 2) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The durable tree. */
  TreeHead head() {
    return head;
  }

  /** Wakes the reader. */
  void poke() {
    lock.lock();
    try {
      poked = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for leaves, a poke, the end, or at most {@code nanos}. */
  Turn await(long nanos) {
    lock.lock();
    try {
      idle = true;
      waitFor(() -> count > 0 || poked || closed, nanos);
      idle = false;
      waitFor(() -> count == 0 || count > CAPACITY / 2 || poked || closed, GATHER_NANOS);
      poked = false;
      byte[] full = filling;
      filling = spare;
      spare = full;
      var turn = new Turn(head, first, count, full, closed);
      count = 0;
      return turn;
    } finally {
      lock.unlock();
    }
  }

  private void waitFor(BooleanSupplier enough, long nanos) {
    long left = nanos;
    while (left > 0 && !enough.getAsBoolean()) {
      try {
        left = changed.awaitNanos(left);
      } catch (InterruptedException e) {
        return; // Nobody has a reason to interrupt the log's own thread; it looks early.
      }
    }
  }
}
