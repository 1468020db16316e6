package dev.chitin.audit;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;

/**
 * Proof, within one node and one boot, that the record that allows a plan is on disk. Sandbox and
 * vault refuse to act without one that covers their plan; {@link ReceiptVerifier} checks it.
 *
 * @param origin the log's name
 * @param position the authorizing entry
 * @param planDigest the plan that was authorized
 * @param decisionId the decision that allowed it
 * @param bootId the process that wrote it
 * @param expiresNanos until when it counts, {@link System#nanoTime()}
 * @param mac HMAC-SHA256 over the above under the boot's receipt key
 */
public record Receipt(
    String origin,
    LogPosition position,
    Digest planDigest,
    String decisionId,
    String bootId,
    long expiresNanos,
    Bytes mac) {}
