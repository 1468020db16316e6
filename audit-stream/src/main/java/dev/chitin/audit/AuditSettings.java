package dev.chitin.audit;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * How one node keeps its log.
 *
 * @param directory where the log lies; made with mode 0700 when it is not there
 * @param nodeId this node's name in each entry, 1 to 64 of {@code A-Z a-z 0-9 . _ -}
 * @param version Chitin's version, for the log's own entries
 * @param origin the log's name: 1 to 255 printable ASCII characters without space and {@code +}
 * @param segmentBytes size of a segment file, 1 MiB to 1 GiB
 * @param appendTimeout longest wait for an entry to be durable, 10 ms to 60 s
 * @param queueEvents most events in the log's custody, 1 to 1,048,576
 * @param queueBytes most bytes of events in the log's custody, at least 64 KiB
 * @param minFreeBytes free space under which no call is authorized
 * @param checkpointInterval least time between two checkpoints that nobody asked for, 10 ms to 1 h
 * @param witnessRequired whether only checkpoints that a witness cosigned are shown
 * @param clear what stands in clear that would be named by its hash
 */
public record AuditSettings(
    Path directory,
    String nodeId,
    String version,
    String origin,
    long segmentBytes,
    Duration appendTimeout,
    int queueEvents,
    long queueBytes,
    long minFreeBytes,
    Duration checkpointInterval,
    boolean witnessRequired,
    Set<GuardedField> clear) {
  /** Free space under which no call is authorized, unless it is said otherwise. */
  public static final long MIN_FREE_BYTES = 256L << 20;

  private static final long MIB = 1 << 20;

  public AuditSettings {
    clear = Set.copyOf(clear);
    require(
        nodeId.matches("[A-Za-z0-9._-]{1,64}"),
        "audit.node",
        "is 1 to 64 letters, digits, dots, dashes or underscores");
    require(
        origin.matches("[!-*,-~]{1,255}"),
        "audit.origin",
        "is 1 to 255 printable ASCII characters without space and +");
    require(
        segmentBytes >= MIB && segmentBytes <= 1024 * MIB,
        "audit.segment_bytes",
        "lies between 1 MiB and 1 GiB");
    require(
        appendTimeout.compareTo(Duration.ofMillis(10)) >= 0
            && appendTimeout.compareTo(Duration.ofSeconds(60)) <= 0,
        "audit.append_timeout",
        "lies between 10 ms and 60 s");
    require(
        queueEvents >= 1 && queueEvents <= 1 << 20,
        "audit.queue_events",
        "lies between 1 and 1,048,576");
    require(queueBytes >= 1 << 16, "audit.queue_bytes", "is at least 64 KiB");
    require(minFreeBytes >= 0, "audit.min_free_bytes", "is not negative");
    require(
        checkpointInterval.compareTo(Duration.ofMillis(10)) >= 0
            && checkpointInterval.compareTo(Duration.ofHours(1)) <= 0,
        "audit.checkpoint_interval_ms",
        "lies between 10 ms and 1 hour");
  }

  /** The defaults: 64 MiB segments, 2 s, 65,536 events and 64 MiB, 256 MiB kept free. */
  public static AuditSettings of(Path directory, String nodeId, String version) {
    return new AuditSettings(
        directory,
        nodeId,
        version,
        "chitin.local/audit/" + nodeId,
        64 * MIB,
        Duration.ofSeconds(2),
        65_536,
        64 * MIB,
        MIN_FREE_BYTES,
        Duration.ofSeconds(1),
        false,
        Set.of());
  }

  public AuditSettings withOrigin(String origin) {
    return new AuditSettings(
        directory,
        nodeId,
        version,
        origin,
        segmentBytes,
        appendTimeout,
        queueEvents,
        queueBytes,
        minFreeBytes,
        checkpointInterval,
        witnessRequired,
        clear);
  }

  public AuditSettings withSegmentBytes(long segmentBytes) {
    return new AuditSettings(
        directory,
        nodeId,
        version,
        origin,
        segmentBytes,
        appendTimeout,
        queueEvents,
        queueBytes,
        minFreeBytes,
        checkpointInterval,
        witnessRequired,
        clear);
  }

  public AuditSettings withAppendTimeout(Duration appendTimeout) {
    return new AuditSettings(
        directory,
        nodeId,
        version,
        origin,
        segmentBytes,
        appendTimeout,
        queueEvents,
        queueBytes,
        minFreeBytes,
        checkpointInterval,
        witnessRequired,
        clear);
  }

  public AuditSettings withQueue(int queueEvents, long queueBytes) {
    return new AuditSettings(
        directory,
        nodeId,
        version,
        origin,
        segmentBytes,
        appendTimeout,
        queueEvents,
        queueBytes,
        minFreeBytes,
        checkpointInterval,
        witnessRequired,
        clear);
  }

  public AuditSettings withMinFreeBytes(long minFreeBytes) {
    return new AuditSettings(
        directory,
        nodeId,
        version,
        origin,
        segmentBytes,
        appendTimeout,
        queueEvents,
        queueBytes,
        minFreeBytes,
        checkpointInterval,
        witnessRequired,
        clear);
  }

  public AuditSettings withCheckpointInterval(Duration checkpointInterval) {
    return new AuditSettings(
        directory,
        nodeId,
        version,
        origin,
        segmentBytes,
        appendTimeout,
        queueEvents,
        queueBytes,
        minFreeBytes,
        checkpointInterval,
        witnessRequired,
        clear);
  }

  public AuditSettings withWitnessRequired(boolean witnessRequired) {
    return new AuditSettings(
        directory,
        nodeId,
        version,
        origin,
        segmentBytes,
        appendTimeout,
        queueEvents,
        queueBytes,
        minFreeBytes,
        checkpointInterval,
        witnessRequired,
        clear);
  }

  public AuditSettings withClear(Set<GuardedField> clear) {
    return new AuditSettings(
        directory,
        nodeId,
        version,
        origin,
        segmentBytes,
        appendTimeout,
        queueEvents,
        queueBytes,
        minFreeBytes,
        checkpointInterval,
        witnessRequired,
        clear);
  }

  private static void require(boolean holds, String key, String rule) {
    if (!holds) {
      throw invalid(key, rule);
    }
  }

  private static ChitinException invalid(String key, String rule) {
    return Problem.of(ProblemCode.CONFIG_INVALID, "The value of " + key + " is not valid.")
        .withRule(key)
        .withHint("A valid value " + rule + ".")
        .toException();
  }
}
