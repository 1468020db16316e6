package dev.chitin.vault;

import dev.chitin.bus.Digest;

/**
 * What whoever wants to use a lease is about to do.
 *
 * @param planDigest the plan that runs
 * @param tenant of the plan's principal
 * @param principal of the plan
 * @param binding where the secret is to go
 */
public record LeaseUse(Digest planDigest, String tenant, String principal, LeaseBinding binding) {}
