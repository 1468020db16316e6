package dev.chitin.vault;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Digest;

/**
 * Asks for one use of one secret on behalf of one authorized plan.
 *
 * @param secret which
 * @param planDigest the plan that names it
 * @param decisionId the decision that allowed the plan
 * @param receipt proof that the authorization is on disk
 * @param call on whose behalf: the lease is for its tenant and principal
 * @param binding where the plan puts it
 */
public record LeaseRequest(
    SecretName secret,
    Digest planDigest,
    String decisionId,
    Receipt receipt,
    AuditEvent.CallRef call,
    LeaseBinding binding) {}
