/**
 * The tamper-evident log: what can be recorded, the durable writer, its receipts and its verifier.
 * What an event means to policy, sandbox or vault may not live here; they emit, this keeps.
 */
@NullMarked
package dev.chitin.audit;

import org.jspecify.annotations.NullMarked;
