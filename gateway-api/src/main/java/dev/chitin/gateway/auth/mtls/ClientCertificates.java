package dev.chitin.gateway.auth.mtls;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.AuthFailureKind;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Credential;
import dev.chitin.gateway.auth.Permissions;
import dev.chitin.gateway.auth.Verdict;
import dev.chitin.policy.Principal;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * For whom a client certificate stands: one subject alternative name (RFC 5280 section 4.2.1.6) of
 * it has to be in the map. The subject's free text counts for nothing. Each use asks again whether
 * the chain is in date and was not revoked.
 */
public final class ClientCertificates {
  static final String METHOD = "certificate";
  private static final int DNS = 2;
  private static final int URI = 6;

  private final Map<String, CertificateMapping> byName;
  private final @Nullable RevocationList revocations;
  private final InstantSource clock;

  /**
   * @param revocations null when the operator keeps none
   */
  public ClientCertificates(
      List<CertificateMapping> mappings,
      @Nullable RevocationList revocations,
      InstantSource clock) {
    this.byName =
        mappings.stream()
            .collect(Collectors.toUnmodifiableMap(CertificateMapping::san, one -> one));
    this.revocations = revocations;
    this.clock = clock;
  }

  /** None are taken. */
  public static ClientCertificates none() {
    return new ClientCertificates(List.of(), null, InstantSource.system());
  }

  /** Whether the certificate stands for somebody. */
  public boolean names(X509Certificate certificate) {
    return !byName.isEmpty() && !mapped(certificate).isEmpty();
  }

  private Set<CertificateMapping> mapped(X509Certificate certificate) {
    Set<CertificateMapping> found = new HashSet<>();
    for (String name : names(alternatives(certificate))) {
      CertificateMapping mapping = byName.get(name);
      if (mapping != null) {
        found.add(mapping);
      }
    }
    return found;
  }

  private static @Nullable Collection<List<?>> alternatives(X509Certificate certificate) {
    try {
      return certificate.getSubjectAlternativeNames();
    } catch (CertificateParsingException e) {
      return null; // Names that cannot be read name nobody.
    }
  }

  private static Set<String> names(@Nullable Collection<List<?>> alternatives) {
    Set<String> names = new HashSet<>();
    if (alternatives != null) {
      for (List<?> one : alternatives) {
        if (one.get(0) instanceof Integer kind && one.get(1) instanceof String text) {
          if (kind == DNS) {
            names.add("DNS:" + text);
          } else if (kind == URI) {
            names.add("URI:" + text);
          }
        }
      }
    }
    return names;
  }

  /**
   * Judges a chain that the handshake has verified.
   *
   * @param chain the client's own certificate first
   */
  public Verdict check(List<X509Certificate> chain) {
    Optional<Verdict> ended = ended(chain);
    if (ended.isPresent()) {
      return ended.get();
    }
    Set<CertificateMapping> mapped = mapped(chain.getFirst());
    if (mapped.size() != 1) {
      return Verdict.invalid(
          AuthFailureKind.CERTIFICATE,
          METHOD,
          mapped.isEmpty()
              ? "The client certificate stands for nobody here."
              : "The client certificate stands for several principals here.",
          "Map one URI or DNS name of it in auth.certificates, or send a key.");
    }
    CertificateMapping mapping = mapped.iterator().next();
    return Verdict.known(
        new Caller(
            new Principal(mapping.tenant(), mapping.name(), Set.of(mapping.role().text())),
            Permissions.of(Set.of(mapping.role())),
            new Credential.Certificate(chain)));
  }

  /** Why a chain is taken for nothing, whatever else the request carries: out of date, revoked. */
  public Optional<Verdict> ended(List<X509Certificate> chain) {
    Instant now = clock.instant();
    for (X509Certificate one : chain) {
      if (now.isAfter(one.getNotAfter().toInstant())
          || now.isBefore(one.getNotBefore().toInstant())) {
        return Optional.of(
            Verdict.invalid(
                AuthFailureKind.CERTIFICATE,
                METHOD,
                "The client certificate, or one above it, is out of date.",
                "Renew it."));
      }
    }
    return revocations == null ? Optional.empty() : revoked(revocations, chain);
  }

  private static Optional<Verdict> revoked(RevocationList lists, List<X509Certificate> chain) {
    for (X509Certificate one : chain) {
      if (lists.isAuthority(one)) {
        continue; // An authority is not revoked by itself: it is taken out of client_ca.
      }
      Optional<Boolean> isRevoked = lists.revokes(one);
      if (isRevoked.isEmpty()) {
        return Optional.of(
            Verdict.refused(
                Problem.of(
                        ProblemCode.AUTH_UNAVAILABLE,
                        "Whether the client certificate was revoked is not known.")
                    .withRule("gateway.tls.client_crl")
                    .withHint("The operator has to renew gateway.tls.client_crl."),
                AuthFailureKind.UNAVAILABLE,
                METHOD));
      }
      if (isRevoked.get()) {
        return Optional.of(
            Verdict.invalid(
                AuthFailureKind.REVOKED,
                METHOD,
                "The client certificate was revoked.",
                "Ask for another."));
      }
    }
    return Optional.empty();
  }
}
