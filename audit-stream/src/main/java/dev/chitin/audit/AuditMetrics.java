package dev.chitin.audit;

import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.log.LogOpener;
import org.jspecify.annotations.Nullable;

/**
 * The log at one moment.
 *
 * @param size durable entries
 * @param queueDepth entries in the log's custody
 * @param checkpointSize entries that the newest checkpoint covers
 * @param checkpointAgeSeconds since it was signed, or since the start when none was
 * @param cosignedSize entries that the newest cosigned checkpoint covers
 * @param freeBytes free space under the log, as last looked at
 * @param failed whether the log takes nothing until the next start
 * @param treeTrouble what keeps the tree or its checkpoints from following the log, or null
 */
public record AuditMetrics(
    long size,
    int queueDepth,
    long checkpointSize,
    double checkpointAgeSeconds,
    long cosignedSize,
    long freeBytes,
    boolean failed,
    @Nullable String treeTrouble) {

  static AuditMetrics of(LogOpener.Opened log) {
    return new AuditMetrics(
        log.publication().size(),
        log.writer().queueDepth(),
        log.publication().latest().map(AuditMetrics::size).orElse(0L),
        log.checkpoints().ageNanos() / 1e9,
        log.publication().cosigned().map(AuditMetrics::size).orElse(0L),
        log.writer().freeBytes(),
        log.writer().failure() != null,
        log.writer().treeTrouble());
  }

  private static long size(Published published) {
    return published.tree().size();
  }
}
