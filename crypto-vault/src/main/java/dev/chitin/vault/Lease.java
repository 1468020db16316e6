package dev.chitin.vault;

import dev.chitin.bus.Digest;

/**
 * The right to use one version of a secret once, in one place. It holds no secret byte; {@link
 * LeaseRedeemer} gives them.
 *
 * @param id 128 random bits, lower-case hex
 * @param secret which
 * @param version which version
 * @param planDigest the only plan that may use it
 * @param principal the only principal on whose behalf it may be used
 * @param binding the only place where the secret may go
 * @param expiresNanos until when it counts, {@link System#nanoTime()} of this node
 */
public record Lease(
    String id,
    SecretName secret,
    long version,
    Digest planDigest,
    String principal,
    LeaseBinding binding,
    long expiresNanos) {}
