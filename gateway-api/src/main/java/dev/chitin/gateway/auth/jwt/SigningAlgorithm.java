package dev.chitin.gateway.auth.jwt;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The algorithms by which a token may be signed (RFC 7518, RFC 8037). There is no {@code none} and
 * no HMAC: whoever has an issuer's open keys must not be able to sign.
 */
public enum SigningAlgorithm {
  RS256("RS256"),
  ES256("ES256"),
  EDDSA("EdDSA");

  private final String text;

  SigningAlgorithm(String text) {
    this.text = text;
  }

  /** As it stands in a token's {@code alg}. */
  public String text() {
    return text;
  }

  public static Optional<SigningAlgorithm> of(String text) {
    return Arrays.stream(values()).filter(one -> one.text.equals(text)).findFirst();
  }

  /** Every algorithm's name. */
  public static List<String> texts() {
    return Arrays.stream(values()).map(SigningAlgorithm::text).toList();
  }
}
