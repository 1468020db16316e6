package dev.chitin.audit;

import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.Bytes;
import java.time.Instant;
import java.util.Optional;

/**
 * What an entry says of the log's signing key: {@code to} takes the place of {@code from}, and both
 * sign until {@code until}. The entry is as good as what signs it: a checkpoint of {@code from}
 * that covers it makes {@code to} as trustworthy as {@code from} is.
 *
 * @param index of the entry
 * @param from the key that signs alone up to this entry
 * @param to the key that signs from this entry on
 * @param until when {@code from} ends to sign
 */
public record KeyRotation(long index, VerifierKey from, VerifierKey to, Instant until) {
  /** The action of the entry. */
  public static final String ACTION = "key_rotated";

  /** The action of the entry that says that the log's file of the old key is destroyed. */
  static final String RETIRED = "key_retired";

  /** The rotation that {@code entry} records; empty for every other entry. */
  public static Optional<KeyRotation> of(long index, byte[] entry) {
    return EntryMembers.of(new LogEntry(index, Bytes.adopt(entry)))
        .filter(members -> members.has("kind", "LogEvent") && members.has("action", ACTION))
        .flatMap(members -> read(index, members));
  }

  private static Optional<KeyRotation> read(long index, EntryMembers members) {
    Optional<VerifierKey> from = VerifierKey.parse(members.text("old_vkey"));
    Optional<VerifierKey> to = VerifierKey.parse(members.text("vkey"));
    long until = members.number("until", -1);
    return from.isEmpty() || to.isEmpty() || until < 0
        ? Optional.empty()
        : Optional.of(new KeyRotation(index, from.get(), to.get(), Instant.ofEpochMilli(until)));
  }

  /** What the entries of this rotation hold. */
  AuditEvent.KeyHandover handover() {
    return new AuditEvent.KeyHandover(to.toString(), from.toString(), until.toEpochMilli());
  }
}
