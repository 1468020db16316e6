package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of one issuer as they were last read. When they cannot be read again the old ones serve
 * for {@link #PATIENCE}, and then none; a set that can be read and has no keys left withdraws them
 * all. Safe for use by several threads.
 */
final class IssuerKeys {
  /** How long keys serve that cannot be read again. */
  static final Duration PATIENCE = Duration.ofHours(24);

  /** At most how often an unknown key makes the set be read. */
  static final Duration UNKNOWN_KEY_PAUSE = Duration.ofSeconds(30);

  /** How many may wait for a reading under way because of an unknown key. */
  static final int MOST_WAITING = 1_024;

  private static final Logger LOG = LoggerFactory.getLogger(IssuerKeys.class);

  private final String issuer;
  private final KeySource source;
  private final boolean onDemand;
  private final LongSupplier nanos;
  private final Runnable changed;
  private final long begun;
  private final Semaphore waiting = new Semaphore(MOST_WAITING);
  private @Nullable Promise<Void> reading;
  private @Nullable Long lastAsked;
  private volatile @Nullable Held held;
  private volatile String failing = "";
  private String complaint = "";

  private record Held(JwkSet set, Digest digest, long readAt) {}

  /**
   * @param onDemand whether an unknown key makes the set be read, as for one that is fetched
   * @param nanos a monotonic clock
   * @param changed told when the keys are others
   */
  IssuerKeys(
      String issuer, KeySource source, boolean onDemand, LongSupplier nanos, Runnable changed) {
    this.issuer = issuer;
    this.source = source;
    this.onDemand = onDemand;
    this.nanos = nanos;
    this.changed = changed;
    this.begun = nanos.getAsLong();
  }

  /** Seconds since the keys were last read or, before that, since they were first asked for. */
  double age() {
    Held now = held;
    return (nanos.getAsLong() - (now == null ? begun : now.readAt())) / 1e9;
  }

  /** Whether there are keys that still serve. */
  boolean serve() {
    return usable() != null;
  }

  /**
   * What stands in the way of the issuer's tokens, or will when the keys that were read before
   * serve no longer; empty when the newest reading brought keys.
   */
  Optional<String> trouble() {
    String why = failing;
    JwkSet set = usable();
    if (!why.isEmpty()) {
      return Optional.of(unread(set != null && !set.keys().isEmpty(), why));
    }
    return set == null || !set.keys().isEmpty()
        ? Optional.empty()
        : Optional.of(
            "are withdrawn, its tokens are refused: " + source.place() + " " + set.lack());
  }

  private static String unread(boolean oldOnesServe, String why) {
    return "cannot be read, "
        + (oldOnesServe ? "the old ones serve for a day" : "its tokens are refused")
        + ": "
        + why;
  }

  private @Nullable JwkSet usable() {
    Held now = held;
    return now == null || nanos.getAsLong() - now.readAt() > PATIENCE.toNanos() ? null : now.set();
  }

  /** The key of that name, as the set was last read. */
  Optional<VerificationKey> find(String kid) {
    JwkSet set = usable();
    return set == null ? Optional.empty() : set.find(kid);
  }

  /**
   * Like {@link #find}, but an unknown name waits for the reading under way, or may make the set be
   * read once more. Fails with {@link RejectedExecutionException} when too many wait.
   */
  Future<Optional<VerificationKey>> findOrRead(String kid) {
    Optional<VerificationKey> known = find(kid);
    if (known.isPresent() || !onDemand) {
      return Future.succeededFuture(known);
    }
    if (!waiting.tryAcquire()) {
      return Future.failedFuture(
          new RejectedExecutionException("too many wait for the keys of " + issuer));
    }
    return join(this::mayAsk).onComplete(end -> waiting.release()).map(end -> find(kid));
  }

  private boolean mayAsk() {
    long now = nanos.getAsLong();
    Long last = lastAsked;
    if (last != null && now - last < UNKNOWN_KEY_PAUSE.toNanos()) {
      return false;
    }
    lastAsked = now;
    return true;
  }

  /** Reads the set for the first time; fails with why it cannot be. */
  Future<?> readFirst() {
    return source.read().map(this::take);
  }

  /** Reads the set; several who ask at once wait for one reading. Never fails: it is told. */
  Future<Void> read() {
    return join(() -> true);
  }

  /** The end of the reading under way or, when there is none, of a new one if there may be one. */
  private Future<Void> join(BooleanSupplier mayStart) {
    Promise<Void> mine = Promise.promise();
    synchronized (this) {
      if (reading != null) {
        return reading.future();
      }
      if (!mayStart.getAsBoolean()) {
        return Future.succeededFuture();
      }
      reading = mine;
    }
    start(mine);
    return mine.future();
  }

  private void start(Promise<Void> mine) {
    Future.succeededFuture()
        .compose(now -> source.read())
        .map(this::take)
        .otherwise(
            failure -> {
              complain(failure);
              return false;
            })
        .onComplete(
            done -> {
              synchronized (this) {
                reading = null;
              }
              mine.complete();
            });
  }

  /** Takes a set over; whether it is another than before. */
  private boolean take(Bytes document) {
    Digest digest = Digest.of(document.borrow());
    Held before = held;
    boolean same = before != null && before.digest().equals(digest);
    JwkSet set =
        before != null && same ? before.set() : JwkSet.parse(document.borrow(), source.place());
    if (before == null) {
      set.requireKeys(source.place());
    }
    held = new Held(set, digest, nanos.getAsLong());
    if (!failing.isEmpty()) {
      LOG.info("the keys of {} were read again", issuer);
    }
    failing = "";
    complaint = "";
    if (!same) {
      set.broken().forEach(key -> LOG.warn("a key of {} is left out: {}", issuer, key));
    }
    if (before != null && !same) {
      tellOthers(set);
      changed.run();
    }
    return !same;
  }

  private void tellOthers(JwkSet set) {
    if (set.keys().isEmpty()) {
      LOG.error(
          "the keys of {} are withdrawn, its tokens are refused: {} {}",
          issuer,
          source.place(),
          set.lack());
    } else {
      LOG.info("the keys of {} are others: {} now", issuer, set.keys().size());
    }
  }

  private void complain(Throwable failure) {
    failing = reason(failure);
    String text = unread(serve(), failing);
    if (!text.equals(complaint)) {
      complaint = text;
      LOG.error("the keys of {} {}", issuer, text);
      LOG.debug("the keys of {} cannot be read", issuer, failure);
    }
  }

  /** Why a set was not read, on one line. */
  static String reason(Throwable failure) {
    String text =
        failure instanceof ChitinException known ? known.problem().detail() : failure.getMessage();
    return text == null
        ? failure.getClass().getSimpleName()
        : text.replaceAll("\\s+", " ").replaceFirst("\\.$", "");
  }
}
