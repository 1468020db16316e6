/**
 * What may run: execution plans and their digests, capabilities, path, host and command rules,
 * decisions and the proof that a decision is authentic. Rules look at files while they are compiled
 * (links, digests of commands) and never while they decide; nothing here opens a socket, starts a
 * process or touches what a plan names. What a plan needs from the world is resolved by the planner
 * above.
 */
@NullMarked
package dev.chitin.policy;

import org.jspecify.annotations.NullMarked;
