package dev.chitin.gateway;

import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.KeyRotations;
import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.KeyFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the key files of an open log. Each log has its own; one that was signed before it had takes
 * a copy of the key that it shared with the other logs beside the same vault key. Blocks.
 */
final class LogKeyPlace {
  private static final Logger LOG = LoggerFactory.getLogger(LogKeyPlace.class);

  private final DurableAuditLog log;
  private final String origin;
  private final Path vaultKey;
  private final Path home;
  private final LogKeyName name;
  private final LogKeyFiles shared;

  /**
   * Looks for the files of {@code log}.
   *
   * @param origin the log's name
   * @param directory where the log lies
   * @param vaultKey beside which the keys lie
   * @param home the directory in which no key may lie
   */
  LogKeyPlace(DurableAuditLog log, String origin, Path directory, Path vaultKey, Path home) {
    this.log = log;
    this.origin = origin;
    this.vaultKey = vaultKey;
    this.home = home;
    this.name = LogKeyName.in(directory);
    this.shared = LogKeyFiles.shared(vaultKey, home);
  }

  /**
   * The log's key files. A log that was never signed has no key yet, perhaps; any other has one.
   *
   * @throws ChitinException {@code audit.key_changed} when the log is signed and its key is not
   *     there; {@code vault.unlock_failed} when a key file or its place is not fit; {@code
   *     audit.unavailable} when the name of the files cannot be kept
   */
  LogKeyFiles find() {
    if (Files.exists(vaultKey.resolveSibling("."))) {
      shared.current().checkPlace();
    }
    Optional<UUID> kept = name.read();
    UUID known = kept.orElseGet(UUID::randomUUID);
    LogKeyFiles own = LogKeyFiles.named(known, vaultKey, home);
    Optional<Published> signed = log.publication().latest().filter(last -> !own.isThere());
    Optional<KeyFile> taken = signed.map(last -> sharedSigner(last, kept.isPresent(), own));
    if (kept.isEmpty()) {
      name.keep(known);
    }
    taken.ifPresent(key -> take(key, own));
    return own;
  }

  /** The shared key, if it is the one that signed {@code last}. */
  private KeyFile sharedSigner(Published last, boolean named, LogKeyFiles own) {
    // A rotation that was cut short between its two moves has left the next one alone.
    KeyFile file = shared.current().isThere() ? shared.current() : shared.next();
    if (!file.isThere() || !isSigned(last, verifierKey(file))) {
      throw missing(named, own);
    }
    return file;
  }

  private VerifierKey verifierKey(KeyFile file) {
    try (LogKey key = LogKey.open(origin, file)) {
      return KeyRotations.key(key);
    }
  }

  private static boolean isSigned(Published checkpoint, VerifierKey by) {
    try {
      return !checkpoint.note().signedBy(List.of(by)).isEmpty();
    } catch (NoteSyntaxException e) {
      return false; // A signature that bears the key's name and is not its.
    }
  }

  /** Copies what is the log's; the current key last, since then nothing is looked for any more. */
  private void take(KeyFile signer, LogKeyFiles own) {
    if (signer == shared.current() && shared.next().isThere() && !own.next().isThere()) {
      takeNext(own);
    }
    signer.copyTo(own.current());
    LOG.warn(
        "the audit log has a key file of its own now, {}. Its key is still in {} too, which other"
            + " homes may need: remove that when none does, since no rotation destroys it",
        own.current().path(),
        signer.path());
  }

  /** One that this log does not name is another log's, or was never whole. */
  private void takeNext(LogKeyFiles own) {
    VerifierKey next;
    try {
      next = verifierKey(shared.next());
    } catch (ChitinException e) {
      LOG.warn("{} is not fit for a key, and not taken", shared.next().path(), e);
      return;
    }
    if (log.keyRotations().recorded(rotation -> rotation.to().equals(next)).isPresent()) {
      shared.next().copyTo(own.next());
    }
  }

  private ChitinException missing(boolean named, LogKeyFiles own) {
    String detail =
        named
            ? "The audit log's key file " + own.current().path() + " is missing."
            : "The audit log's key file is missing: it names none in "
                + name.file()
                + ", and "
                + shared.current().path()
                + " did not sign it.";
    return Problem.of(ProblemCode.AUDIT_KEY_CHANGED, detail)
        .withRule("audit.key")
        .withHint(
            "Put the log's key file back. If the key is lost, give a new log another directory and"
                + " another audit.origin.")
        .toException();
  }
}
