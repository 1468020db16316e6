package dev.chitin.vault;

/**
 * Removes a secret.
 *
 * @param name which
 * @param tenant whose it is
 * @param actor who removes it, for the audit event
 */
public record DeleteRequest(SecretName name, String tenant, String actor) {}
