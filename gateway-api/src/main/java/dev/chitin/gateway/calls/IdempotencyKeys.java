package dev.chitin.gateway.calls;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Idempotency keys (draft-ietf-httpapi-idempotency-key-header-07): the second request with a key
 * gets the first one's answer, and never runs anything. A key belongs to one principal and one
 * tool, and to one body; how many are kept for how long is {@link IdempotencyTable}'s; beyond, a
 * new key is refused, since to forget an old one would run its call twice. Safe for use from any
 * thread.
 */
public final class IdempotencyKeys implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IdempotencyKeys.class);

  private final WorkerExecutor disk;
  private final IdempotencyJournal journal;
  private final IdempotencyTable table;

  /** Uses {@code journal}, which it closes with itself. */
  public IdempotencyKeys(Vertx vertx, IdempotencyJournal journal) {
    this(vertx, journal, steady(System.currentTimeMillis(), System.nanoTime()));
  }

  IdempotencyKeys(Vertx vertx, IdempotencyJournal journal, LongSupplier millis) {
    this.journal = journal;
    this.table = new IdempotencyTable(millis, journal.before());
    this.disk = vertx.createSharedWorkerExecutor("chitin-idempotency", 1, 30, TimeUnit.SECONDS);
  }

  private static LongSupplier steady(long millis, long nanos) {
    return () -> millis + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }

  /** How long uses are to be remembered, for {@link IdempotencyJournal#open}. */
  public static long since() {
    return System.currentTimeMillis() - IdempotencyTable.KEPT_MILLIS;
  }

  /**
   * Claims {@code key} for {@code call}, in memory: a first claim is to be {@link #keep kept} or
   * {@link #release released}.
   *
   * @param owner tenant and principal
   * @throws dev.chitin.bus.ChitinException {@code idempotency.mismatch} for another body, or {@code
   *     idempotency.full}
   */
  public IdempotencyClaim claim(String owner, String key, JsonValue body, TrackedCall call) {
    return table.claim(
        Digest.ofUtf8(owner + "\n" + call.tool() + "\n" + key).toHex(),
        Digest.of(CanonicalJson.bytes(body)).toHex(),
        Digest.ofUtf8(owner).toHex(),
        call.id());
  }

  /**
   * Brings a claim to disk; only then its call may be made.
   *
   * @return fails with {@code gateway.overloaded} when the disk does not take it; it is released
   *     then
   */
  public synchronized Future<Void> keep(IdempotencyClaim.First claim) {
    IdempotentUse use = claim.use();
    return write(
            () -> {
              journal.add(use);
              table.kept(use);
            })
        .recover(
            failure -> {
              table.remove(use);
              LOG.error("an idempotency key could not be written: {}", failure.toString());
              return Future.failedFuture(
                  Problem.of(
                          ProblemCode.GATEWAY_OVERLOADED, "The idempotency key could not be kept.")
                      .withHint(
                          "Nothing ran; try again, or look at the room and the rights in the"
                              + " gateway's home.")
                      .toException(failure));
            });
  }

  /**
   * The call of a kept claim is over.
   *
   * @param outcome what is said of it to who asks again when its answer is no longer kept: ASCII,
   *     and nothing that must not lie on disk in clear
   */
  public synchronized void ended(IdempotencyClaim.First claim, JsonValue.Obj outcome) {
    IdempotentUse use = claim.use().ended(outcome);
    table.kept(use);
    write(() -> journal.ended(use)).onFailure(failure -> unwritten(use, failure));
  }

  /** Gives a key back whose call was refused, nothing of it having run: it may be used again. */
  public synchronized void release(IdempotencyClaim.First claim) {
    if (table.remove(claim.use())) {
      write(() -> journal.free(claim.use().key()))
          .onFailure(failure -> unwritten(claim.use(), failure));
    }
  }

  /** After a start, such a key counts as used by a call whose end is not known. */
  private static void unwritten(IdempotentUse use, Throwable failure) {
    LOG.error(
        "how {} ended could not be written beside its idempotency key", use.callId(), failure);
  }

  private interface DiskWork {
    void run() throws IOException;
  }

  /**
   * By one thread and in the order of the calls of this method, which hold the lock for that: a
   * later line of a key replaces an earlier one.
   */
  private Future<Void> write(DiskWork work) {
    Callable<String> whole =
        () -> {
          if (journal.worthRewriting(table.size())) {
            journal.rewrite(table.live());
          }
          work.run();
          return "written";
        };
    return disk.executeBlocking(whole, false).mapEmpty();
  }

  @Override
  public void close() {
    disk.executeBlocking(() -> "what was to be written is", false).await();
    disk.close().await();
    journal.close();
  }
}
