package dev.chitin.audit.log;

import dev.chitin.bus.Digest;

/**
 * The tree over all durable entries.
 *
 * @param size how many there are
 * @param root over them
 * @param segment first index of the segment that they end in
 */
record TreeHead(long size, Digest root, long segment) {}
