package dev.chitin.policy;

/**
 * A secret that a plan needs, by name, and the one place where it may be put. The operator writes
 * it in the tool's definition; nothing of it comes from a caller.
 *
 * @param name the secret's name in the vault
 * @param scheme {@code https}, or {@code http} for a loopback host only
 * @param host canonical host of the request that it is put into
 * @param port 1 to 65535
 * @param surface {@code header}
 * @param field header name, lower case; never a framing header
 * @param format {@code raw} or {@code bearer}
 */
public record CredentialRef(
    String name,
    String scheme,
    String host,
    int port,
    String surface,
    String field,
    String format) {}
