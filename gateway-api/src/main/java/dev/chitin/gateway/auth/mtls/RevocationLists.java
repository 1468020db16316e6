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
 *
 * <p>A document that comes later does not go back behind an earlier one ({@link #after}).
 */
final class RevocationLists {
  private static final String NUMBER = "2.5.29.20";
  private static final String DELTA = "2.5.29.27";
  private static final String PART = "2.5.29.28";

  private final Map<Scope, List<Numbered>> newest = new HashMap<>();
  private final Map<X500Principal, List<X509CRL>> byIssuer = new HashMap<>();
  private final Map<X500Principal, List<X509CRL>> older = new HashMap<>();
  private final List<String> passedOver = new ArrayList<>();
  private final List<String> wentBack = new ArrayList<>();

  /**
   * What a list speaks for; only lists of one scope are older and newer ones of each other. While
   * an authority changes its key there are two of one name.
   */
  private record Scope(X500Principal issuer, PublicKey signer, boolean isDelta, String part) {
    /** That of the whole lists, in which the changes of a delta list are some time. */
    Scope whole() {
      return new Scope(issuer, signer, false, part);
    }
  }

  private record Numbered(X509CRL list, @Nullable BigInteger number) {
    Instant made() {
      return list.getThisUpdate().toInstant();
    }

    /**
     * Whether it is newer in nothing and older in something. An authority whose numbers begin anew
     * or whose clock was put back has made the list last that is newer in the other.
     */
    boolean isBehind(Numbered other) {
      int byTime = made().compareTo(other.made());
      int byNumber = number == null || other.number == null ? 0 : number.compareTo(other.number);
      return byTime <= 0 && byNumber <= 0 && (byTime < 0 || byNumber < 0);
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
    found.forEach(lists::add);
    return lists;
  }

  /**
   * These with those of {@code before} that are newer, which stay in force: somebody whom they
   * revoke is not taken again because an older list came in their place. What the older list
   * revokes counts beside them.
   */
  RevocationLists after(RevocationLists before) {
    var lists = new RevocationLists();
    lists.passedOver.addAll(passedOver);
    newest.forEach((scope, own) -> lists.takeUp(scope, own, before));
    before.newest.forEach(
        (scope, kept) -> {
          List<Numbered> whole = newest.getOrDefault(scope.whole(), List.of());
          boolean isDropped = !newest.containsKey(scope) && !whole.isEmpty();
          if (scope.isDelta() && isDropped && isBehind(whole, kept)) {
            lists.keep(scope, kept, whole);
          }
        });
    return lists;
  }

  private void takeUp(Scope scope, List<Numbered> own, RevocationLists before) {
    List<Numbered> kept = before.newest.getOrDefault(scope, List.of());
    if (isBehind(own, kept)) {
      own.forEach(one -> add(older, scope, one));
      keep(scope, kept, own);
    } else {
      put(scope, own);
    }
  }

  private static boolean isBehind(List<Numbered> lists, List<Numbered> kept) {
    return !kept.isEmpty() && lists.stream().allMatch(one -> kept.stream().allMatch(one::isBehind));
  }

  private void keep(Scope scope, List<Numbered> kept, List<Numbered> behind) {
    put(scope, kept);
    wentBack.add(
        "the list of "
            + behind.getFirst().made()
            + " of "
            + scope.issuer()
            + " is older than that of "
            + kept.getFirst().made());
  }

  private void put(Scope scope, List<Numbered> lists) {
    newest.put(scope, lists);
    lists.forEach(one -> add(byIssuer, scope, one));
  }

  private static void add(Map<X500Principal, List<X509CRL>> lists, Scope scope, Numbered one) {
    lists.computeIfAbsent(scope.issuer(), name -> new ArrayList<>()).add(one.list());
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
  private void add(Scope scope, List<Numbered> several) {
    Comparator<Numbered> order = order(several);
    Numbered last = several.stream().max(order).orElseThrow();
    List<Numbered> counting = new ArrayList<>();
    for (Numbered one : several) {
      if (order.compare(one, last) == 0) {
        counting.add(one);
      } else {
        passedOver.add(
            "the list of " + one.made() + " of " + scope.issuer() + ", for that of " + last.made());
      }
    }
    put(scope, counting);
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

  /** The lists that are older than those that stay in force for them, for people. */
  List<String> wentBack() {
    return wentBack.stream().sorted().toList();
  }

  /** Whether the certificate was revoked; empty when that is not known at that time. */
  Optional<Boolean> revokes(X509Certificate certificate, Instant at) {
    List<X509CRL> lists = byIssuer.getOrDefault(certificate.getIssuerX500Principal(), List.of());
    boolean isKnown = !lists.isEmpty() && lists.stream().noneMatch(list -> isOver(list, at));
    return isKnown
        ? Optional.of(isIn(byIssuer, certificate) || isIn(older, certificate))
        : Optional.empty();
  }

  private static boolean isIn(
      Map<X500Principal, List<X509CRL>> lists, X509Certificate certificate) {
    return lists.getOrDefault(certificate.getIssuerX500Principal(), List.of()).stream()
        .anyMatch(list -> list.isRevoked(certificate));
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
