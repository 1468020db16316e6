package dev.chitin.vault;

/**
 * What may be known of a secret.
 *
 * @param name its name
 * @param version from 1, one more with each put
 * @param createdMillis when this version was stored, POSIX milliseconds
 */
public record SecretMetadata(SecretName name, long version, long createdMillis) {}
