package dev.chitin.audit;

import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.Digest;
import java.util.Optional;

/**
 * What a walk over a log found.
 *
 * @param entries how many entries are whole and chained, from index 0
 * @param root the tree's root over them, computed from the entries alone
 * @param segments how many segment files there are; for an export, entry bundles
 * @param bytes of the segments or bundles that are part of the log
 * @param unfinishedBytes bytes of a frame at the end that is being written or was never finished;
 *     nothing of it was acknowledged
 * @param checkpoint the signed checkpoint, when there is one that can be read
 * @param signer the key under which its signature was checked and is right, one that was given
 *     where there is such a one; empty when no signature is right or none could be checked
 * @param rotation the newest rotation of the log's key that the checkpoint covers
 * @param fault the first damage, or empty when the log is whole
 */
public record LogVerification(
    long entries,
    Digest root,
    int segments,
    long bytes,
    long unfinishedBytes,
    Optional<Checkpoint> checkpoint,
    Optional<VerifierKey> signer,
    Optional<KeyRotation> rotation,
    Optional<LogFault> fault) {

  /** Whether the checkpoint's signature was checked and is right. */
  public boolean signed() {
    return signer.isPresent();
  }

  public boolean intact() {
    return fault.isEmpty();
  }
}
