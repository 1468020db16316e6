/**
 * The witness of logs and the log's client of one (C2SP tlog-witness). A witness knows checkpoints
 * and proofs, never an entry.
 */
@NullMarked
package dev.chitin.audit.witness;

import org.jspecify.annotations.NullMarked;
