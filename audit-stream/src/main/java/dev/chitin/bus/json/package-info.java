/**
 * JSON as Chitin reads and writes it: one strict parser for what strangers send, one immutable
 * value tree that policy, plan and tool share, and the canonical form of RFC 8785 that digests are
 * taken over. No data binding and no reflection may live here.
 */
@NullMarked
package dev.chitin.bus.json;

import org.jspecify.annotations.NullMarked;
