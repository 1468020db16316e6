package dev.chitin.gateway.auth;

import dev.chitin.bus.Digest;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** By what a caller was known, so that it can be asked again whether it still holds. */
public sealed interface Credential {

  /**
   * A gateway key.
   *
   * @param id its public part
   */
  record Key(String id) implements Credential {}

  /**
   * A signed token (RFC 7519).
   *
   * @param digest over its text: another token of the same subject is another credential
   * @param id its {@code jti}, if it has one
   * @param keyId which of the issuer's keys signed it
   * @param signer that key's digest
   * @param expiresMillis POSIX milliseconds
   */
  record Token(
      Digest digest,
      String issuer,
      String subject,
      @Nullable String id,
      String keyId,
      Digest signer,
      long expiresMillis)
      implements Credential {}

  /**
   * A client certificate that the TLS handshake verified.
   *
   * @param chain as the client sent it, its own first
   */
  record Certificate(List<X509Certificate> chain) implements Credential {
    public Certificate {
      chain = List.copyOf(chain);
    }
  }

  /** Being able to connect to the administration socket. */
  record Local() implements Credential {}
}
