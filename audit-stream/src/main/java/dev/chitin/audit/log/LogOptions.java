package dev.chitin.audit.log;

import java.time.Duration;

/**
 * The bounds of a log on disk.
 *
 * @param origin the log's name, written into each segment
 * @param segmentBytes size of a segment file, at least 1 MiB
 * @param appendTimeout longest wait for an entry to be durable
 * @param queueEntries most entries in the log's custody
 * @param queueBytes most bytes of entries in the log's custody
 * @param minFreeBytes free space below which no call is authorized
 * @param checkpointInterval least time between two checkpoints that nobody asked for
 * @param witnessRequired whether only cosigned checkpoints are shown
 */
public record LogOptions(
    String origin,
    long segmentBytes,
    Duration appendTimeout,
    int queueEntries,
    long queueBytes,
    long minFreeBytes,
    Duration checkpointInterval,
    boolean witnessRequired) {}
