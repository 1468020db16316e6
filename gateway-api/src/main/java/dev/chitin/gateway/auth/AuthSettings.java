package dev.chitin.gateway.auth;

import dev.chitin.gateway.auth.jwt.IssuerSettings;
import dev.chitin.gateway.auth.mtls.CertificateMapping;
import java.util.List;

/**
 * By what callers are known, besides gateway keys.
 *
 * @param issuers whose tokens are taken
 * @param certificates for whom client certificates stand
 */
public record AuthSettings(List<IssuerSettings> issuers, List<CertificateMapping> certificates) {
  public AuthSettings {
    issuers = List.copyOf(issuers);
    certificates = List.copyOf(certificates);
  }

  /** The issuers' names, in the order of the configuration. */
  public List<String> issuerNames() {
    return issuers.stream().map(IssuerSettings::issuer).toList();
  }
}
