package dev.chitin.gateway.tls;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the listener's identity lies, and who vouches for its clients.
 *
 * @param cert PEM file of the certificate chain, the gateway's own first
 * @param key PEM file of the private key, readable by its owner alone
 * @param clients null when clients are not asked for certificates
 */
public record TlsSettings(Path cert, Path key, @Nullable ClientAuthSettings clients) {
  public TlsSettings(Path cert, Path key) {
    this(cert, key, null);
  }
}
