package dev.chitin.gateway;

import dev.chitin.audit.GuardedField;
import dev.chitin.audit.RetentionPolicy;
import dev.chitin.audit.note.VerifierKey;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The operator's word on the log.
 *
 * @param origin the log's name, or null for the default
 * @param appendMillis longest wait for a durable record
 * @param segmentBytes size of one segment
 * @param checkpointMillis least time between two checkpoints
 * @param clear what stands in clear that would be named by its hash
 * @param config what the log says of the configuration
 * @param alerts what is worth an alert, and who is told
 * @param witness who cosigns, or null for nobody
 * @param retention what goes, and when
 */
public record AuditOptions(
    @Nullable String origin,
    long appendMillis,
    long segmentBytes,
    long checkpointMillis,
    Set<GuardedField> clear,
    ConfigState config,
    AlertOptions alerts,
    @Nullable WitnessOptions witness,
    RetentionPolicy retention) {

  /**
   * A witness of the log (C2SP tlog-witness).
   *
   * @param url submission prefix, {@code http} or {@code https}
   * @param key its verifier key
   * @param required whether only what it cosigned is shown
   */
  public record WitnessOptions(String url, VerifierKey key, boolean required) {}
}
