package dev.chitin.gateway.tls;

import java.nio.file.Path;

/**
 * Where the listener's identity lies.
 *
 * @param cert PEM file of the certificate chain, the gateway's own first
 * @param key PEM file of the private key, readable by its owner alone
 */
public record TlsSettings(Path cert, Path key) {}
