package dev.chitin.gateway.auth;

import java.util.Locale;

/** Why a credential was not taken: the closed set by which failures are counted. */
public enum AuthFailureKind {
  MISSING,
  /** Several credentials at once. */
  AMBIGUOUS,
  /** Neither a key nor a token, or larger than one may be. */
  MALFORMED,
  /** A key that is not known, was revoked, or whose secret is another. */
  KEY,
  EXPIRED,
  NOT_YET_VALID,
  ISSUER,
  AUDIENCE,
  /** Signed by a key or an algorithm that the issuer does not have here. */
  SIGNER,
  SIGNATURE,
  REVOKED,
  /** No claim that stands for a role. */
  ROLE,
  /** Bound to another client certificate than the connection's. */
  BINDING,
  /** A client certificate that stands for nobody or was revoked. */
  CERTIFICATE,
  /** It cannot be checked now. */
  UNAVAILABLE;

  /** As it stands in metrics: lower case. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
