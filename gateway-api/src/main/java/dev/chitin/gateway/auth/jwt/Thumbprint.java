package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Digest;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;

/** The name by which a token is bound to a certificate: {@code x5t#S256} (RFC 8705 section 3.1). */
final class Thumbprint {
  private Thumbprint() {}

  static String of(X509Certificate certificate) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(Digest.of(certificate.getEncoded()).borrow());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate from a handshake has an encoding", e);
    }
  }
}
