package dev.chitin.gateway.auth;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.jwt.TokenVerifier;
import dev.chitin.gateway.auth.mtls.ClientCertificates;
import io.vertx.core.Future;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Checks the one credential of a request: a gateway key, a token or a client certificate. A key and
 * a certificate are judged at once; a token that was not seen before waits for its signature to be
 * verified.
 */
public final class Authenticator {
  private static final String HINT =
      "Send Authorization: Bearer <key>; chitin key create makes a key.";

  private final KeyAuthenticator keys;
  private final TokenVerifier tokens;
  private final ClientCertificates certificates;

  public Authenticator(
      KeyAuthenticator keys, TokenVerifier tokens, ClientCertificates certificates) {
    this.keys = keys;
    this.tokens = tokens;
    this.certificates = certificates;
  }

  /** Checks it. The future is complete already unless a signature has to be verified. */
  public Future<Verdict> check(Presented presented) {
    Set<String> named = presented.texts();
    List<X509Certificate> chain = presented.certificates();
    Optional<Verdict> ended = chain.isEmpty() ? Optional.empty() : certificates.ended(chain);
    if (ended.isPresent()) {
      return done(ended.get());
    }
    boolean isMapped = !chain.isEmpty() && certificates.names(chain.getFirst());
    if (named.size() > 1) {
      return done(ambiguous());
    }
    if (named.isEmpty()) {
      return done(chain.isEmpty() ? missing() : certificates.check(chain));
    }
    String text = named.iterator().next();
    if (text.startsWith(ApiKey.PREFIX)) {
      return done(isMapped ? ambiguous() : keys.check(text));
    }
    if (!tokens.looksLikeOne(text)) {
      return done(
          Verdict.invalid(
              AuthFailureKind.MALFORMED,
              "none",
              "The credential is not a key of a gateway.",
              HINT));
    }
    return tokens.check(text, chain, isMapped);
  }

  /** Whether a credential that was taken would be taken again. */
  public boolean holds(Credential credential) {
    return switch (credential) {
      case Credential.Key key -> keys.holds(key);
      case Credential.Token token -> tokens.holds(token);
      case Credential.Certificate certificate ->
          certificates.check(certificate.chain()) instanceof Verdict.Known;
      case Credential.Local local -> true;
    };
  }

  private static Future<Verdict> done(Verdict verdict) {
    return Future.succeededFuture(verdict);
  }

  private static Verdict missing() {
    return Verdict.refused(
        Problem.of(ProblemCode.AUTH_MISSING, "The request carries no credential.").withHint(HINT),
        AuthFailureKind.MISSING,
        "none");
  }

  /** Also what a token says that comes with the certificate of somebody and is not bound to it. */
  public static Verdict ambiguous() {
    return Verdict.refused(
        Problem.of(ProblemCode.AUTH_AMBIGUOUS, "The request carries more than one credential.")
            .withHint("Send one key or one token, or use a client certificate alone."),
        AuthFailureKind.AMBIGUOUS,
        "none");
  }
}
