/**
 * What third parties check the log with: signed notes, checkpoints, cosignatures and proofs as
 * files (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof). Private keys never come
 * here; who holds one implements {@link dev.chitin.audit.CheckpointSigner}.
 */
@NullMarked
package dev.chitin.audit.note;

import org.jspecify.annotations.NullMarked;
