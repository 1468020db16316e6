package dev.chitin.gateway.auth.mtls;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.cert.CRL;
import java.security.cert.CRLException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1OctetString;
import org.jspecify.annotations.Nullable;

/**
 * What one document of revocation lists says. Of the lists of one issuer the newest counts,
 * wherever it stands: the one of the highest number (RFC 5280 section 5.2.3) or, where one has
 * none, the one that was made last. A delta list, and one for a part of the certificates, takes no
 * other list's place: all that an issuer has count together.
 */
final class RevocationLists {
  private static final String NUMBER = "2.5.29.20";
  private static final String DELTA = "2.5.29.27";
  private static final String PART = "2.5.29.28";

  private final Map<X500Principal, List<X509CRL>> byIssuer = new HashMap<>();
  private final List<String> passedOver = new ArrayList<>();

  /**
   * What a list speaks for; only lists of one scope are older and newer ones of each other. While
   * an authority changes its key there are two of one name.
   */
  private record Scope(X500Principal issuer, PublicKey signer, boolean isDelta, String part) {}

  private record Numbered(X509CRL list, @Nullable BigInteger number) {
    Instant made() {
      return list.getThisUpdate().toInstant();
    }
  }

  private RevocationLists() {}

  /**
   * Reads a document, PEM or DER.
   *
   * @param authorities who may have signed
   * @throws GeneralSecurityException when it holds no list, or one that is broken or is not signed
   *     by one of them
   */
  static RevocationLists parse(byte[] document, List<X509Certificate> authorities)
      throws GeneralSecurityException {
    Map<Scope, List<Numbered>> found = new HashMap<>();
    for (CRL one :
        CertificateFactory.getInstance("X.509").generateCRLs(new ByteArrayInputStream(document))) {
      if (one instanceof X509CRL list) {
        PublicKey signer = signer(list, authorities);
        found.computeIfAbsent(scope(list, signer), scope -> new ArrayList<>()).add(numbered(list));
      }
    }
    if (found.isEmpty()) {
      throw new CRLException("it holds no list");
    }
    var lists = new RevocationLists();
    found.forEach((scope, several) -> lists.add(scope.issuer(), several));
    return lists;
  }

  private static PublicKey signer(X509CRL list, List<X509Certificate> authorities)
      throws GeneralSecurityException {
    SignatureException mismatch = null;
    for (X509Certificate authority : authorities) {
      if (authority.getSubjectX500Principal().equals(list.getIssuerX500Principal())) {
        try {
          list.verify(authority.getPublicKey());
          return authority.getPublicKey();
        } catch (SignatureException | InvalidKeyException e) {
          mismatch =
              new SignatureException(
                  "a list in it is not signed by "
                      + list.getIssuerX500Principal()
                      + " of gateway.tls.client_ca",
                  e);
        }
      }
    }
    throw mismatch == null
        ? new CRLException("a list in it is of somebody else than gateway.tls.client_ca")
        : mismatch;
  }

  private static Scope scope(X509CRL list, PublicKey signer) {
    byte[] part = list.getExtensionValue(PART);
    return new Scope(
        list.getIssuerX500Principal(),
        signer,
        list.getExtensionValue(DELTA) != null,
        part == null ? "" : HexFormat.of().formatHex(part));
  }

  private static Numbered numbered(X509CRL list) throws CRLException {
    byte[] number = list.getExtensionValue(NUMBER);
    if (number == null) {
      return new Numbered(list, null);
    }
    try {
      byte[] inner = ASN1OctetString.getInstance(number).getOctets();
      return new Numbered(list, ASN1Integer.getInstance(inner).getValue());
    } catch (IllegalArgumentException e) {
      throw new CRLException("the number of a list in it is no number", e);
    }
  }

  /** Adds the newest of them; several, where nothing says which one that is. */
  private void add(X500Principal issuer, List<Numbered> several) {
    Comparator<Numbered> order = order(several);
    Numbered newest = several.stream().max(order).orElseThrow();
    for (Numbered one : several) {
      if (order.compare(one, newest) == 0) {
        byIssuer.computeIfAbsent(issuer, name -> new ArrayList<>()).add(one.list());
      } else {
        passedOver.add(
            "the list of " + one.made() + " of " + issuer + ", for that of " + newest.made());
      }
    }
  }

  private static Comparator<Numbered> order(List<Numbered> lists) {
    Comparator<Numbered> byTime = Comparator.comparing(Numbered::made);
    return lists.stream().allMatch(one -> one.number() != null)
        ? Comparator.comparing(Numbered::number).thenComparing(byTime)
        : byTime;
  }

  /** The lists that count for nothing because a newer one is there, for people. */
  List<String> passedOver() {
    return List.copyOf(passedOver);
  }

  /** Whether the certificate was revoked; empty when that is not known at that time. */
  Optional<Boolean> revokes(X509Certificate certificate, Instant at) {
    List<X509CRL> lists = byIssuer.getOrDefault(certificate.getIssuerX500Principal(), List.of());
    boolean isKnown = !lists.isEmpty() && lists.stream().noneMatch(list -> isOver(list, at));
    return isKnown
        ? Optional.of(lists.stream().anyMatch(list -> list.isRevoked(certificate)))
        : Optional.empty();
  }

  /**
   * The lists that are out of date at that time, so that their issuers' certificates are not taken,
   * for people.
   */
  List<String> over(Instant at) {
    return byIssuer.values().stream()
        .flatMap(List::stream)
        .filter(list -> isOver(list, at))
        .map(
            list ->
                "the list of "
                    + list.getIssuerX500Principal()
                    + " ended at "
                    + list.getNextUpdate().toInstant())
        .sorted()
        .toList();
  }

  private static boolean isOver(X509CRL list, Instant at) {
    return list.getNextUpdate() != null && at.isAfter(list.getNextUpdate().toInstant());
  }
}
