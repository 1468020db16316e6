package dev.chitin.gateway.auth.jwt;

import java.util.Base64;
import java.util.Optional;

/**
 * base64url without padding (RFC 7515 appendix C), read strictly: each value has one spelling, so
 * that no two texts are one token.
 */
final class Base64Url {
  private Base64Url() {}

  /** The bytes, or empty when {@code text} is not what they would be written as. */
  static Optional<byte[]> decode(String text) {
    if (text.isEmpty() || text.indexOf('=') >= 0) {
      return Optional.empty();
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(text)
          ? Optional.of(bytes)
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // It holds characters of another alphabet.
    }
  }
}
