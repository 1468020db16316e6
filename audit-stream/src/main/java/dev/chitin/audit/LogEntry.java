package dev.chitin.audit;

import dev.chitin.bus.Bytes;

/**
 * One durable entry.
 *
 * @param index from 0, without gaps
 * @param json canonical JSON (RFC 8785), UTF-8, 1 to 32,768 bytes: what the leaf hash is over
 */
public record LogEntry(long index, Bytes json) {}
