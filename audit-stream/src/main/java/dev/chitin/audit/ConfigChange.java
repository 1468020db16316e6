package dev.chitin.audit;

import dev.chitin.bus.Digest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The configuration in force became another one, or was to become one and did not.
 *
 * @param oldDigest digest of what was in force, or null when the log knows of none
 * @param newDigest digest of what was to be in force
 * @param actor who did it; {@code start} when a start found it changed
 * @param keys the keys that changed, without their values; at most {@value #MAX_KEYS} are recorded
 * @param outcome {@code applied}, or a problem code when it was refused
 */
public record ConfigChange(
    @Nullable Digest oldDigest, Digest newDigest, String actor, List<String> keys, String outcome)
    implements AuditEvent {
  /** Most keys that one event names. */
  public static final int MAX_KEYS = 64;

  /** The word for a change that took effect. */
  public static final String APPLIED = "applied";

  public ConfigChange {
    keys = List.copyOf(keys);
  }
}
