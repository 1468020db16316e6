package dev.chitin.gateway.calls;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Idempotency keys (draft-ietf-httpapi-idempotency-key-header-07): the second request with a key
 * gets the first one's answer, and never runs anything. A key belongs to one principal and one
 * tool, and to one body; it is kept for {@value #KEPT_HOURS} hours, at most {@value #MOST_OF_ONE}
 * for each principal and {@value #MOST} in all; beyond, a new key is refused, since to forget an
 * old one would run its call twice. Safe for use from any thread.
 */
public final class IdempotencyKeys implements AutoCloseable {
  static final int MOST = 65_536;
  static final int MOST_OF_ONE = 1_024;
  static final int KEPT_HOURS = 24;

  private static final long KEPT_MILLIS = Duration.ofHours(KEPT_HOURS).toMillis();

  private final WorkerExecutor disk;
  private final IdempotencyJournal journal;
  private final LongSupplier millis;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, Integer> byOwner = new HashMap<>();

  private record Entry(String owner, long millis, String body, String callId) {}

  /** What a request with a key is. */
  public sealed interface Claim {
    /** The first: it is on disk, and its call may be made. */
    record First() implements Claim {}

    /** One more; the first one made that call, of this process or of one before it. */
    record Again(String callId) implements Claim {}
  }

  /** Uses {@code journal}, which it closes with itself. */
  public IdempotencyKeys(Vertx vertx, IdempotencyJournal journal) {
    this(vertx, journal, System::currentTimeMillis);
  }

  IdempotencyKeys(Vertx vertx, IdempotencyJournal journal, LongSupplier millis) {
    this.journal = journal;
    this.millis = millis;
    // One thread: the journal has one writer.
    this.disk = vertx.createSharedWorkerExecutor("chitin-idempotency", 1, 30, TimeUnit.SECONDS);
    journal
        .before()
        .values()
        .forEach(
            use -> entries.put(use.key(), new Entry("", use.millis(), use.body(), use.callId())));
  }

  /** How long uses are to be remembered, for {@link IdempotencyJournal#open}. */
  public static long since() {
    return System.currentTimeMillis() - KEPT_MILLIS;
  }

  /**
   * Claims {@code key} for {@code call}.
   *
   * @param owner tenant and principal
   * @return fails with {@code idempotency.mismatch} for another body, {@code idempotency.full}, or
   *     {@code audit.unavailable}'s kin when the disk does not take it
   */
  public Future<Claim> claim(String owner, String key, JsonValue body, TrackedCall call) {
    String name = name(owner, call.tool(), key);
    String digest = Digest.of(CanonicalJson.bytes(body)).toHex();
    var use = new IdempotencyJournal.Use(millis.getAsLong(), name, digest, call.id());
    try {
      Claim known = known(name, digest, new Entry(owner, use.millis(), digest, call.id()));
      if (!(known instanceof Claim.First)) {
        return Future.succeededFuture(known);
      }
    } catch (ChitinException e) {
      return Future.failedFuture(e);
    }
    return disk.executeBlocking(() -> written(use), true)
        .<Claim>map(written -> new Claim.First())
        .recover(
            failure -> {
              forget(name);
              return Future.failedFuture(
                  Problem.of(ProblemCode.INTERNAL, "The idempotency key could not be kept.")
                      .withHint("Nothing ran; try again.")
                      .toException(failure));
            });
  }

  private String written(IdempotencyJournal.Use use) throws IOException {
    journal.add(use);
    return use.key();
  }

  private synchronized Claim known(String name, String digest, Entry mine) {
    Entry known = entries.get(name);
    if (known == null) {
      makeRoom(mine.owner());
      entries.put(name, mine);
      byOwner.merge(mine.owner(), 1, Integer::sum);
      return new Claim.First();
    }
    if (!known.body().equals(digest)) {
      throw Problem.of(
              ProblemCode.IDEMPOTENCY_MISMATCH, "This Idempotency-Key was used with another body.")
          .withHint("Use a new key for a new call.")
          .toException();
    }
    return new Claim.Again(known.callId());
  }

  /** Entries lie in the order of their times. */
  private void makeRoom(String owner) {
    long old = millis.getAsLong() - KEPT_MILLIS;
    for (Iterator<Entry> all = entries.values().iterator(); all.hasNext(); ) {
      Entry entry = all.next();
      if (entry.millis() > old) {
        break;
      }
      all.remove();
      leave(entry.owner());
    }
    if (entries.size() >= MOST || byOwner.getOrDefault(owner, 0) >= MOST_OF_ONE) {
      throw Problem.of(
              ProblemCode.IDEMPOTENCY_FULL,
              "Already " + MOST_OF_ONE + " of your idempotency keys are remembered.")
          .withHint("A key is kept for " + KEPT_HOURS + " hours; leave it out where you can.")
          .toException();
    }
  }

  private void leave(String owner) {
    byOwner.computeIfPresent(owner, (name, count) -> count == 1 ? null : count - 1);
  }

  /**
   * Gives a key back whose call was refused before anything was made of it: it may be used again.
   * After a crash it still counts as used, which runs nothing twice.
   */
  public void release(String owner, String tool, String key) {
    forget(name(owner, tool, key));
  }

  private static String name(String owner, String tool, String key) {
    return Digest.ofUtf8(owner + "\n" + tool + "\n" + key).toHex();
  }

  private synchronized void forget(String name) {
    Entry entry = entries.remove(name);
    if (entry != null) {
      leave(entry.owner());
    }
  }

  @Override
  public void close() {
    disk.close().await();
    journal.close();
  }
}
