package dev.chitin.audit;

import dev.chitin.bus.Digest;

/**
 * Where a durable entry stands.
 *
 * @param index from 0, without gaps
 * @param leafHash SHA-256(0x00 ‖ entry), RFC 6962 section 2.1
 */
public record LogPosition(long index, Digest leafHash) {}
