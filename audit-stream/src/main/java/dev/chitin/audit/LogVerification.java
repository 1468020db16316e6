package dev.chitin.audit;

import dev.chitin.bus.Digest;
import java.util.Optional;

/**
 * What a walk over a log found.
 *
 * @param entries how many entries are whole and chained, from index 0
 * @param root the tree's root over them, computed from the entries alone
 * @param segments how many segment files there are
 * @param bytes of the segments that headers and frames take
 * @param unfinishedBytes bytes of a frame at the end that is being written or was never finished;
 *     nothing of it was acknowledged
 * @param fault the first damage, or empty when the log is whole
 */
public record LogVerification(
    long entries,
    Digest root,
    int segments,
    long bytes,
    long unfinishedBytes,
    Optional<LogFault> fault) {

  public boolean intact() {
    return fault.isEmpty();
  }
}
