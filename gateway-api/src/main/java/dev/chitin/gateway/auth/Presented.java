package dev.chitin.gateway.auth;

import java.security.cert.X509Certificate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Everything by which a request says who sends it.
 *
 * @param authorization every {@code Authorization} field
 * @param apiKey every {@code x-api-key} field
 * @param certificates the chain of the connection's client, its own first; empty when it has none
 */
public record Presented(
    List<String> authorization, List<String> apiKey, List<X509Certificate> certificates) {
  private static final String BEARER = "Bearer ";

  /**
   * The texts that it names, each once; a field of another scheme than Bearer (RFC 6750, section
   * 2.1) counts as one without any text.
   */
  public Set<String> texts() {
    Set<String> named = new LinkedHashSet<>();
    authorization.forEach(field -> named.add(bearer(field)));
    named.addAll(apiKey);
    return named;
  }

  private static String bearer(String authorization) {
    return authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? authorization.substring(BEARER.length()).trim()
        : "";
  }
}
