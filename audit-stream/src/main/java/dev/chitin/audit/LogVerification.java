package dev.chitin.audit;

import dev.chitin.audit.note.Checkpoint;
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
 * @param signed whether its signature was checked and is right
 * @param fault the first damage, or empty when the log is whole
 */
public record LogVerification(
    long entries,
    Digest root,
    int segments,
    long bytes,
    long unfinishedBytes,
    Optional<Checkpoint> checkpoint,
    boolean signed,
    Optional<LogFault> fault) {

  public boolean intact() {
    return fault.isEmpty();
  }
}
