package dev.chitin.audit;

import dev.chitin.audit.log.EntryReader;
import dev.chitin.audit.log.LogDamage;
import dev.chitin.audit.log.LogOpener;
import dev.chitin.audit.log.RotationMark;
import dev.chitin.audit.log.Storage;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The rotation of an open log's signing key. The order is: {@link #announce}, the new key is made,
 * {@link #record}; from then on both sign. When the time of the old key is over: {@link
 * #handedOver}, the new key takes the old one's place, the log signs with it alone ({@link
 * DurableAuditLog#signWith}), the old key is destroyed, {@link #retired}. A crash between any two
 * of them leaves a mark or an entry by which the next start completes the rotation or discards it,
 * and no key signs that the log does not name. Blocks; one thread at a time.
 */
public final class KeyRotations {
  private final DurableAuditLog log;
  private final LogOpener.Opened opened;
  private final Path directory;
  private final Storage storage;

  KeyRotations(DurableAuditLog log, LogOpener.Opened opened, Path directory, Storage storage) {
    this.log = log;
    this.opened = opened;
    this.directory = directory;
    this.storage = storage;
  }

  /**
   * When the old key of the rotation that is under way ends to sign; empty when there is none.
   *
   * @throws ChitinException {@code audit.unavailable} when the mark cannot be read
   */
  public Optional<Instant> underWay() {
    return mark().map(RotationMark::until);
  }

  /** No entry from here on is pruned: the rotation's own is among them. */
  long keptFrom() {
    return mark().map(RotationMark::from).orElse(Long.MAX_VALUE);
  }

  private Optional<RotationMark> mark() {
    try {
      return RotationMark.read(directory);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  /**
   * Marks that a rotation is under way, before there is a new key.
   *
   * @param until when the old key is to end to sign
   * @throws ChitinException {@code audit.key_rotating} when one is under way already
   */
  public void announce(Instant until) {
    Optional<RotationMark> other = mark();
    if (other.isPresent()) {
      throw Problem.of(
              ProblemCode.AUDIT_KEY_ROTATING,
              "A rotation of the log's key is under way: both keys sign until "
                  + other.get().until()
                  + ".")
          .withRule("audit.key")
          .withHint(
              "Rotate again when the old key is destroyed. One whose record failed is completed or"
                  + " discarded by the next start.")
          .toException();
    }
    try {
      new RotationMark(opened.publication().size(), until).write(storage, directory);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  /** Takes the mark back: nothing is under way any more. */
  public void forget() {
    try {
      RotationMark.remove(storage, directory);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  /**
   * Has the log record that {@code to} takes the place of {@code from}, and sign with both from
   * that entry on: no checkpoint that covers it lacks either. Waits for the first one as long as
   * there is time; without it the rotation holds all the same.
   *
   * @throws ChitinException {@code audit.unavailable} and others when the entry cannot be made;
   *     whether it is in the log is not known then, and the next start finds out
   */
  public KeyRotation record(
      CheckpointSigner from, CheckpointSigner to, Instant until, Deadline deadline) {
    KeyRotation[] made = new KeyRotation[1];
    try {
      opened.unsigned(
          () -> {
            var planned = new KeyRotation(0, key(from), key(to), until);
            LogPosition at =
                log.record(
                    new AuditEvent.LogEvent(
                        KeyRotation.ACTION, "both keys sign until " + until, planned.handover()),
                    deadline);
            made[0] = new KeyRotation(at.index(), planned.from(), planned.to(), until);
            opened.signWith(List.of(from, to));
          });
    } catch (IOException e) {
      throw unavailable(e);
    }
    handedOver(made[0], deadline);
    return made[0];
  }

  /**
   * Whether a durable checkpoint covers the rotation's entry and bears the new key's signature;
   * asks for one and waits. Before there is one the old key may not go: nothing that it signed
   * would lead to the new one.
   */
  public boolean handedOver(KeyRotation rotation, Deadline deadline) {
    try {
      return opened.publication().signed(rotation.index(), rotation.to(), deadline);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Has the log say that the old key is destroyed, and takes the mark back. After a crash it may
   * say so twice.
   *
   * @throws ChitinException when the entry cannot be made; the mark stays
   */
  public void retired(KeyRotation rotation, Deadline deadline) {
    log.record(
        new AuditEvent.LogEvent(
            KeyRotation.RETIRED, "the old key is destroyed", rotation.handover()),
        deadline);
    forget();
  }

  /**
   * The first rotation that {@code wanted} takes, among the entries since the mark; without a mark
   * in the whole log.
   *
   * @throws ChitinException {@code audit.corrupt} or {@code audit.unavailable} when they cannot be
   *     read
   */
  public Optional<KeyRotation> recorded(Predicate<KeyRotation> wanted) {
    var reader = new EntryReader(directory);
    long from = mark().map(RotationMark::from).orElse(0L);
    // What the log has recovered is durable, whether its mark says so already or not.
    long size = opened.publication().size();
    try {
      while (from < size) {
        List<LogEntry> page =
            reader.read(from, (int) Math.min(size - from, LogReader.MAX_COUNT), size);
        Optional<KeyRotation> found =
            page.stream()
                .flatMap(e -> KeyRotation.of(e.index(), e.json().borrow()).stream())
                .filter(wanted)
                .findFirst();
        if (found.isPresent() || page.isEmpty()) {
          return found;
        }
        from = page.getLast().index() + 1;
      }
      return Optional.empty();
    } catch (LogDamage e) {
      throw e.fault().toException();
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  /** The verifier key of {@code signer}. */
  public static VerifierKey key(CheckpointSigner signer) {
    return new VerifierKey(signer.name(), VerifierKey.Type.ED25519, signer.publicKey());
  }

  private static ChitinException unavailable(IOException cause) {
    return Problem.of(
            ProblemCode.AUDIT_UNAVAILABLE, "The state of the key's rotation cannot be kept.")
        .withRule("audit.key")
        .withHint("Check the audit directory's owner, the room on its file system and the disk.")
        .toException(cause);
  }
}
