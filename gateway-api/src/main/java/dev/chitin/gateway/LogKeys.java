package dev.chitin.gateway;

import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.KeyRotation;
import dev.chitin.audit.KeyRotations;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import java.io.Closeable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key that signs the log and, while it is being rotated, the next one beside it. Opening it has
 * the log signed; whatever a crash left of a rotation is completed or discarded first (see {@link
 * KeyRotations}). Blocks; safe for use from any thread.
 */
public final class LogKeys implements Closeable {
  /** Shortest time for which both keys sign. */
  public static final Duration MIN_OVERLAP = Duration.ofSeconds(1);

  /** Longest time for which both keys sign. */
  public static final Duration MAX_OVERLAP = Duration.ofDays(366);

  private static final Duration RECORD = Duration.ofSeconds(10);
  private static final Logger LOG = LoggerFactory.getLogger(LogKeys.class);

  private final DurableAuditLog log;
  private final KeyRotations rotations;
  private final String origin;
  private final LogKeyFiles files;
  private final InstantSource clock;
  private LogKey current;
  private @Nullable LogKey next;
  private volatile @Nullable KeyRotation rotation;
  private volatile VerifierKey newest;

  private LogKeys(DurableAuditLog log, String origin, LogKeyFiles files, InstantSource clock) {
    this.log = log;
    this.rotations = log.keyRotations();
    this.origin = origin;
    this.files = files;
    this.clock = clock;
    files.recover();
    if (!files.current().isThere()) {
      files.current().create();
    }
    current = LogKey.open(origin, files.current());
    newest = KeyRotations.key(current);
    try {
      resume();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Opens the log's key, which is made where there is none, and has {@code log} signed with it.
   *
   * @param origin the log's name
   * @throws ChitinException {@code audit.key_changed} when it is not the log's key, or the next one
   *     that the log names is missing; {@code vault.unlock_failed} when a key file is not fit
   */
  public static LogKeys open(
      DurableAuditLog log, String origin, LogKeyFiles files, InstantSource clock) {
    return new LogKeys(log, origin, files, clock);
  }

  private void resume() {
    Optional<KeyRotation> recorded =
        files.next().isThere() ? ofNext() : rotations.underWay().flatMap(until -> ofCurrent());
    if (recorded.isEmpty()) {
      log.signWith(current);
      files.old().destroy();
      if (rotations.underWay().isPresent()) {
        LOG.warn("a rotation of the audit log's key was not recorded, and is discarded");
        rotations.forget();
      }
      return;
    }
    KeyRotation found = recorded.get();
    rotation = found;
    newest = found.to();
    LogKey fresh = next;
    if (fresh == null) {
      log.signWith(current);
      completeOrLater(found);
    } else if (due() && rotations.handedOver(found, Deadline.after(Duration.ZERO))) {
      promote(fresh); // The time was over while nothing ran: the old key signs no more.
      completeOrLater(found);
    } else {
      log.signWith(List.of(current, fresh));
    }
  }

  private void completeOrLater(KeyRotation found) {
    try {
      complete(found);
    } catch (RuntimeException e) {
      LOG.warn("the old key of the audit log is not destroyed yet; it is tried again", e);
    }
  }

  /** The rotation to the next key, which signs then; a key that no entry names is destroyed. */
  private Optional<KeyRotation> ofNext() {
    LogKey key;
    try {
      key = LogKey.open(origin, files.next());
    } catch (ChitinException e) {
      // The entry comes after the key is whole. So an entry says that there was a key here.
      if (rotations.recorded(any -> true).isPresent()) {
        throw e;
      }
      files.next().destroy();
      return Optional.empty();
    }
    next = key; // Closed with this, whatever comes.
    VerifierKey named = KeyRotations.key(key);
    Optional<KeyRotation> recorded = rotations.recorded(r -> r.to().equals(named));
    if (recorded.isEmpty()) {
      refuseOther(named);
      files.next().destroy();
      next = null;
      key.close();
    }
    return recorded;
  }

  /** The rotation by which the current key became the current one. */
  private Optional<KeyRotation> ofCurrent() {
    refuseOther(KeyRotations.key(current));
    return rotations.recorded(any -> true);
  }

  /** Refuses when the rotation that is under way is recorded, and goes to another key. */
  private void refuseOther(VerifierKey here) {
    if (rotations.underWay().isEmpty()) {
      return;
    }
    Optional<KeyRotation> other = rotations.recorded(r -> !r.to().equals(here));
    if (other.isPresent()) {
      throw Problem.of(
              ProblemCode.AUDIT_KEY_CHANGED,
              "Entry " + other.get().index() + " of the log hands over to a key that is not there.")
          .withRule("audit.key")
          .withHint("Put " + files.next().path() + " back.")
          .toException();
    }
  }

  /**
   * Makes a new key, has the log record it, and both keys sign.
   *
   * @param overlap for how long, {@link #MIN_OVERLAP} to {@link #MAX_OVERLAP}
   * @throws ChitinException {@code audit.key_rotating} when a rotation is under way already, {@code
   *     request.arguments_invalid} for another overlap; {@code audit.unavailable} and others when
   *     the log does not take the record
   */
  public synchronized KeyRotation rotate(Duration overlap) {
    if (overlap.compareTo(MIN_OVERLAP) < 0 || overlap.compareTo(MAX_OVERLAP) > 0) {
      throw Problem.of(
              ProblemCode.REQUEST_ARGUMENTS_INVALID,
              "Both keys sign for a second to " + MAX_OVERLAP.toDays() + " days.")
          .withRule("overlap")
          .withHint("--overlap 7d")
          .toException();
    }
    Instant until = clock.instant().plus(overlap).truncatedTo(ChronoUnit.MILLIS);
    rotations.announce(until);
    LogKey fresh;
    try {
      files.next().createInPlace();
      fresh = LogKey.open(origin, files.next());
    } catch (RuntimeException e) {
      files.next().destroy();
      rotations.forget();
      throw e;
    }
    next = fresh; // Closed with the others, whether the log takes the record or not.
    KeyRotation made = rotations.record(current, fresh, until, Deadline.after(RECORD));
    rotation = made;
    newest = made.to();
    return made;
  }

  /** Whether the time of an old key is over. */
  public boolean due() {
    KeyRotation running = rotation;
    return running != null && !clock.instant().isBefore(running.until());
  }

  /**
   * Ends a rotation that is due: the new key signs alone, the old one is destroyed, and the log
   * says so. Nothing is done before a checkpoint of both keys covers the rotation. What fails is
   * tried again at the next call.
   *
   * @return whether it was ended now
   */
  public synchronized boolean finish() {
    KeyRotation running = rotation;
    if (running == null || !due() || !rotations.handedOver(running, Deadline.after(RECORD))) {
      return false;
    }
    LogKey fresh = next;
    if (fresh != null) {
      promote(fresh);
    }
    complete(running);
    return true;
  }

  /** The new key takes the old one's place, on disk first, and signs alone. */
  private void promote(LogKey fresh) {
    files.advance();
    log.signWith(fresh);
    LogKey retired = current;
    current = fresh;
    next = null;
    retired.close();
  }

  private void complete(KeyRotation running) {
    files.old().destroy();
    rotations.retired(running, Deadline.after(RECORD));
    rotation = null;
    LOG.info(
        "the audit log is signed with its new key alone; its file of the old one is destroyed");
  }

  /** The verifier key to go on with: the log's only one, or the new one. */
  public VerifierKey newest() {
    return newest;
  }

  /** What an operator is told of {@code rotation}: {@code {index, key, oldKey, until}}. */
  public static JsonValue.Obj json(KeyRotation rotation) {
    return JsonValue.object()
        .put("index", rotation.index())
        .put("key", rotation.to().toString())
        .put("oldKey", rotation.from().toString())
        .put("until", rotation.until().toString())
        .build();
  }

  /** Wipes the keys; the log must not be signed any more. */
  @Override
  public synchronized void close() {
    current.close();
    if (next != null) {
      next.close();
    }
  }
}
