package dev.chitin.audit.log;

import dev.chitin.audit.LogPosition;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of a log: takes what waits, makes it durable in one frame, answers, and begins
 * again. While one sync runs the next batch gathers; nothing lingers.
 *
 * <p>After a failed write or sync the log is failed for this process: the kernel may have dropped
 * the pages, and a second sync that succeeds would lie. What is true is then for the next start to
 * read from the disk.
 */
public final class LogWriter {
  private static final Logger LOG = LoggerFactory.getLogger(LogWriter.class);

  /** Room in the last segment that is kept for the ends of calls that run. */
  private static final long RESERVE = 4 << 20;

  private final Storage storage;
  private final LogDirectory directory;
  private final DirectoryLock lock;
  private final SegmentWriter segments;
  private final SpareSegments spares;
  private final AppendQueue queue;
  private final Deliveries deliveries;
  private final long timeoutNanos;
  private final long reserve;
  private final Thread writer;
  private final Thread watch;
  private final Thread spareMaker;
  private final LeafInbox inbox;
  private final TreeFollower follower;
  private final Thread tree;
  private volatile @Nullable ChitinException failure;
  private volatile long writingSince;

  LogWriter(
      Storage storage,
      LogDirectory directory,
      DirectoryLock lock,
      SegmentWriter segments,
      SpareSegments spares,
      Thread spareMaker,
      LeafInbox inbox,
      TreeFollower follower,
      LogOptions options) {
    this.storage = storage;
    this.directory = directory;
    this.lock = lock;
    this.segments = segments;
    this.spares = spares;
    this.spareMaker = spareMaker;
    this.inbox = inbox;
    this.follower = follower;
    this.timeoutNanos = options.appendTimeout().toNanos();
    this.reserve = Math.min(RESERVE, options.segmentBytes() / 8);
    queue = new AppendQueue(options.queueEntries(), options.queueBytes());
    deliveries = new Deliveries(queue);
    writer = Thread.ofPlatform().daemon().name("chitin-audit-writer").unstarted(this::run);
    watch =
        Thread.ofPlatform()
            .daemon()
            .name("chitin-audit-watch")
            .unstarted(new StallWatch(queue, deliveries, this::overdueRefusal));
    tree = Thread.ofPlatform().daemon().name("chitin-audit-tree").unstarted(follower);
  }

  void start() {
    spares.setPatient(true);
    writer.start();
    watch.start();
    tree.start();
  }

  /**
   * Queues {@code entry}. Never blocks; the future completes on the caller's context.
   *
   * @param entry canonical JSON of 1 to {@link Frame#MAX_ENTRY} bytes; given up by the caller
   * @param deadline the entry is refused with {@code audit.stalled} when it is not durable by then,
   *     or within the append timeout
   * @param reserve whether it may take of the room that is kept for the ends of calls
   * @param withdrawal for an entry that allows something: makes the entry that follows it when it
   *     reached the disk although its caller was refused; else null
   */
  public Future<LogPosition> append(
      byte[] entry, Deadline deadline, boolean reserve, @Nullable Supplier<byte[]> withdrawal) {
    ChitinException refusal = refusal(deadline, reserve);
    if (refusal != null) {
      return Future.failedFuture(refusal);
    }
    var append = new Append(entry, expires(deadline), withdrawal);
    refusal = queue.offer(append, segments.openCalls());
    return refusal == null ? append.future() : Future.failedFuture(refusal);
  }

  /**
   * The same for a thread that may block: returns when {@code entry} is durable.
   *
   * @throws ChitinException when it was refused
   */
  public LogPosition record(byte[] entry, Deadline deadline) {
    ChitinException refusal = refusal(deadline, true);
    var append = Append.awaited(entry, expires(deadline));
    if (refusal == null) {
      refusal = queue.offer(append, segments.openCalls());
    }
    if (refusal != null) {
      throw refusal;
    }
    return append.await();
  }

  private long expires(Deadline deadline) {
    return deadline.min(new Deadline(System.nanoTime() + timeoutNanos)).nanoTime();
  }

  private @Nullable ChitinException refusal(Deadline deadline, boolean reserve) {
    if (deadline.expired()) {
      return Refusals.stalled();
    }
    if (!reserve && spares.isDisplaced()) {
      return Refusals.displaced();
    }
    return isOutOfRoom() || (!reserve && isRoomShort()) ? roomRefusal() : null;
  }

  private boolean isOutOfRoom() {
    return segments.waitsForSpare() && spares.isFailing();
  }

  private boolean isRoomShort() {
    return spares.isSpaceLow() || (spares.isFailing() && segments.roomLeft() < reserve);
  }

  private ChitinException overdueRefusal() {
    return isOutOfRoom() ? roomRefusal() : Refusals.stalled();
  }

  private ChitinException roomRefusal() {
    return spares.isSpaceLow() ? Refusals.noSpace() : Refusals.noSegment();
  }

  private void run() {
    try {
      List<Append> batch = queue.take(segments.maxBody());
      while (!batch.isEmpty() && commit(batch)) {
        letAnsweredGoFirst(batch.size());
        batch = queue.take(segments.maxBody());
      }
      seal();
    } catch (IOException | RuntimeException | Error e) {
      LOG.error("the audit log failed; it takes nothing until the next start", e);
      fail(Refusals.failed(e));
    }
  }

  /**
   * On a busy machine those who were answered may not have had a core since then: with fewer
   * waiting than half of the last batch they are let go first, and a sync serves more of them.
   */
  @SuppressWarnings("ThreadPriorityCheck") // It moves how large batches are, nothing else.
  private void letAnsweredGoFirst(int lastBatch) {
    if (2 * queue.waiting() < lastBatch) {
      Thread.yield();
    }
  }

  /** Makes a batch durable and answers it; false when the log was closed before it had room. */
  private boolean commit(List<Append> batch) throws IOException {
    var writing = new ArrayList<Append>(batch.size());
    var dropped = new ArrayList<Append>();
    for (Append append : batch) {
      (append.begin() ? writing : dropped).add(append);
    }
    queue.release(dropped);
    if (writing.isEmpty()) {
      return true;
    }
    writingSince = System.nanoTime() | 1; // 0 stands for: not writing.
    List<LogPosition> positions = segments.write(writing.stream().map(Append::entry).toList());
    writingSince = 0;
    if (positions == null) {
      fail(Refusals.noSpace());
      return false;
    }
    inbox.add(segments.leaves(), positions.size(), segments.head());
    answer(writing, positions);
    return true;
  }

  private void answer(List<Append> written, List<LogPosition> positions) {
    var answered = new ArrayList<Append>(written.size());
    var refusedBefore = new ArrayList<Append>();
    for (int i = 0; i < written.size(); i++) {
      Append append = written.get(i);
      if (append.succeed(positions.get(i))) {
        answered.add(append);
        continue;
      }
      (append.fail(Refusals.stalled()) ? answered : refusedBefore).add(append);
      if (append.withdrawal() != null) {
        withdraw(append.withdrawal().get());
      }
    }
    queue.release(refusedBefore);
    deliveries.answer(answered);
  }

  /** Records that what an entry allows does not happen: its caller was told so. */
  private void withdraw(byte[] entry) {
    queue.addOwn(new Append(entry, System.nanoTime() + timeoutNanos, null));
  }

  private void fail(ChitinException why) {
    failure = why;
    List<Append> abandoned = queue.abandon(why);
    deliveries.answer(abandoned.stream().filter(append -> append.fail(why)).toList());
  }

  private void seal() throws IOException {
    if (failure == null) {
      segments.seal().write(storage, directory);
    }
  }

  /** Has the next frame begin a new segment. */
  public void rotate() {
    segments.rotate();
  }

  /** Why the log takes nothing any more, or null. */
  public @Nullable ChitinException failure() {
    return failure;
  }

  /** What is in the way of new calls now, by code; empty when nothing is. */
  public List<ProblemCode> impediments() {
    ChitinException failed = failure;
    if (failed != null) {
      return List.of(failed.code());
    }
    var found = new ArrayList<ProblemCode>();
    long since = writingSince;
    if (spares.isDisplaced()) {
      found.add(ProblemCode.AUDIT_UNAVAILABLE);
    } else if (isOutOfRoom() || isRoomShort()) {
      found.add(ProblemCode.AUDIT_NO_SPACE);
    } else if (since != 0 && System.nanoTime() - since > timeoutNanos) {
      found.add(ProblemCode.AUDIT_STALLED);
    }
    return found;
  }

  /** What keeps the tree or its checkpoints from following the log, or null. */
  public @Nullable String treeTrouble() {
    return follower.trouble();
  }

  /** Bytes that may still be written below the file system's bound, as last looked at. */
  public long freeBytes() {
    return spares.freeBytes();
  }

  /** Entries in the log's custody: waiting, being written, or answered and not yet fetched. */
  public int queueDepth() {
    return queue.size();
  }

  /**
   * Takes nothing more, makes what is queued durable, seals the log and gives the lock back. Blocks
   * until that is done; a second call waits for nothing new.
   */
  public void close() throws IOException {
    queue.close(Refusals.closed());
    spares.setPatient(false);
    Threads.join(writer);
    inbox.close();
    Threads.join(tree);
    spares.close();
    Threads.join(spareMaker);
    Threads.join(watch);
    deliveries.close();
    segments.close();
    lock.close();
  }
}
