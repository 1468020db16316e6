/**
 * The log on disk: the RFC 6962 tree, frames, segments, the one writer thread and recovery. Nothing
 * here knows what an event means beyond the station of a call that its entry names; building
 * entries from events, and the contracts that other modules use, live in the package above.
 */
@NullMarked
package dev.chitin.audit.log;

import org.jspecify.annotations.NullMarked;
