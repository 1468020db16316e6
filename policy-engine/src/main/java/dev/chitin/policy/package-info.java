/**
 * What may run: execution plans and their digests, capabilities, path, host and command rules,
 * decisions and the proof that a decision is authentic. Nothing here opens a file, a socket or a
 * process; what a plan needs from the world is resolved by the planner above.
 */
@NullMarked
package dev.chitin.policy;

import org.jspecify.annotations.NullMarked;
