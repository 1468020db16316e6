package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Digest;
import dev.chitin.gateway.auth.AuthFailureKind;
import dev.chitin.gateway.auth.Authenticator;
import dev.chitin.gateway.auth.BoundedCache;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Credential;
import dev.chitin.gateway.auth.Permissions;
import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.auth.Verdict;
import dev.chitin.policy.Principal;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides over tokens. What costs nothing is refused first; one signature check at a time is made
 * for one token; its outcome is remembered: a good one for a minute at most and never beyond the
 * token's end, a bad one for five seconds. Whether a token was revoked, is over, lost its signer,
 * or came with the certificate to which it is bound, is asked at every use.
 */
public final class TokenVerifier {
  /** By how much clocks may differ. */
  static final long SKEW_MILLIS = 30_000;

  private static final int REMEMBERED = 10_000;
  private static final long GOOD_NANOS = Duration.ofSeconds(60).toNanos();
  private static final long BAD_NANOS = Duration.ofSeconds(5).toNanos();

  private final Map<String, Issuer> issuers;
  private final VerificationPool pool;
  private final Predicate<Credential.Token> revoked;
  private final InstantSource clock;
  private final BoundedCache<Digest, TokenOutcome.Accepted> good;
  private final BoundedCache<Digest, Verdict.Refused> bad;
  private final ConcurrentHashMap<Digest, Future<TokenOutcome>> running = new ConcurrentHashMap<>();

  /**
   * @param revoked whether a token that is otherwise good was revoked
   * @param nanos a monotonic clock
   */
  TokenVerifier(
      Set<Issuer> issuers,
      VerificationPool pool,
      Predicate<Credential.Token> revoked,
      InstantSource clock,
      LongSupplier nanos) {
    this.issuers =
        issuers.stream()
            .collect(Collectors.toUnmodifiableMap(one -> one.settings().issuer(), one -> one));
    this.pool = pool;
    this.revoked = revoked;
    this.clock = clock;
    this.good = new BoundedCache<>(REMEMBERED, nanos);
    this.bad = new BoundedCache<>(REMEMBERED, nanos);
  }

  /** Whether a text can be a token at all, where any are taken. */
  public boolean looksLikeOne(String text) {
    return !issuers.isEmpty() && Token.looksLikeOne(text);
  }

  /** Forgets what it remembers: keys are others. */
  void forget() {
    good.clear();
    bad.clear();
  }

  /**
   * Decides.
   *
   * @param chain the connection's client certificate, or empty
   * @param isMapped whether that certificate stands for somebody by itself
   */
  public Future<Verdict> check(String text, List<X509Certificate> chain, boolean isMapped) {
    if (text.length() > Token.MOST_LENGTH) {
      return Future.succeededFuture(
          TokenOutcome.invalid(
              AuthFailureKind.MALFORMED,
              "The token is larger than 8 KiB.",
              "Ask for a smaller one."));
    }
    Digest digest = Digest.of(text.getBytes(StandardCharsets.ISO_8859_1));
    Optional<Verdict.Refused> refused = bad.get(digest);
    if (refused.isPresent()) {
      return Future.succeededFuture(refused.get());
    }
    Optional<TokenOutcome.Accepted> accepted = good.get(digest);
    Future<? extends TokenOutcome> outcome =
        accepted.isPresent() ? Future.succeededFuture(accepted.get()) : judge(text, digest);
    return outcome.map(
        one ->
            switch (one) {
              case TokenOutcome.Accepted known -> use(known, chain, isMapped);
              case TokenOutcome.Rejected not -> not.verdict();
            });
  }

  private Future<TokenOutcome> judge(String text, Digest digest) {
    Promise<TokenOutcome> mine = Promise.promise();
    Future<TokenOutcome> other = running.putIfAbsent(digest, mine.future());
    if (other != null) {
      return other;
    }
    // The one before may have ended since the caller looked.
    good.get(digest)
        .map(known -> Future.<TokenOutcome>succeededFuture(known))
        .orElseGet(() -> attempt(text, digest))
        .onComplete(
            done -> {
              remember(digest, done.result());
              running.remove(digest);
              mine.handle(done);
            });
    return mine.future();
  }

  /** Whatever goes wrong, those who wait are told. */
  private Future<TokenOutcome> attempt(String text, Digest digest) {
    try {
      return verify(text, digest);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private void remember(Digest digest, @Nullable TokenOutcome outcome) {
    if (outcome instanceof TokenOutcome.Accepted accepted) {
      good.put(digest, accepted, GOOD_NANOS);
    } else if (outcome instanceof TokenOutcome.Rejected rejected && rejected.isLasting()) {
      bad.put(digest, rejected.verdict(), BAD_NANOS);
    }
  }

  private Future<TokenOutcome> verify(String text, Digest digest) {
    Token token;
    Claims claims;
    Issuer issuer;
    try {
      token = Token.parse(text);
      String named = Token.text(token.claims(), "iss");
      Issuer known = named == null ? null : issuers.get(named);
      if (known == null) {
        return refused(
            AuthFailureKind.ISSUER,
            "The token's issuer is not one of this gateway.",
            "auth.issuers lists the issuers.");
      }
      issuer = known;
      claims = Claims.of(token.claims(), issuer.settings());
    } catch (Token.Unreadable e) {
      return refused(
          AuthFailureKind.MALFORMED,
          "The token " + e.getMessage() + ".",
          "Ask the issuer for a token as RFC 7519 and RFC 9068 have it.");
    }
    Optional<TokenOutcome> refusal = refusal(token, claims, issuer);
    return refusal.isPresent()
        ? Future.succeededFuture(refusal.get())
        : signature(token, claims, issuer, digest);
  }

  private static Future<TokenOutcome> refused(AuthFailureKind kind, String detail, String hint) {
    return Future.succeededFuture(TokenOutcome.refused(kind, detail, hint));
  }

  /** What can be said without a signature. */
  private Optional<TokenOutcome> refusal(Token token, Claims claims, Issuer issuer) {
    IssuerSettings settings = issuer.settings();
    if (!claims.audiences().contains(settings.audience())) {
      return Optional.of(
          TokenOutcome.refused(
              AuthFailureKind.AUDIENCE,
              "The token is for another audience.",
              "Ask for one whose aud is " + settings.audience() + "."));
    }
    if (!settings.algorithms().contains(token.algorithm())) {
      return Optional.of(
          TokenOutcome.refused(
              AuthFailureKind.SIGNER,
              "The token is signed by an algorithm that is not taken from its issuer.",
              "auth.issuers[].algorithms lists those that are."));
    }
    return time(claims).map(verdict -> new TokenOutcome.Rejected(verdict, true));
  }

  private Optional<Verdict.Refused> time(Claims claims) {
    long now = clock.millis();
    if (now >= claims.expiresMillis() + SKEW_MILLIS) {
      return Optional.of(
          TokenOutcome.invalid(
              AuthFailureKind.EXPIRED, "The token has expired.", "Ask the issuer for another."));
    }
    Long notBefore = claims.notBeforeMillis();
    if (notBefore != null && now < notBefore - SKEW_MILLIS) {
      return Optional.of(
          TokenOutcome.invalid(
              AuthFailureKind.NOT_YET_VALID,
              "The token is not valid yet.",
              "Wait until its nbf, and compare the clocks."));
    }
    return Optional.empty();
  }

  private Future<TokenOutcome> signature(Token token, Claims claims, Issuer issuer, Digest digest) {
    return issuer
        .keys()
        .findOrRead(token.kid())
        .compose(
            key -> {
              if (key.isEmpty() || key.get().algorithm() != token.algorithm()) {
                return Future.succeededFuture(withoutKey(issuer.keys()));
              }
              return pool.verify(key.get(), token.signed(), token.signature())
                  .map(
                      signed ->
                          signed
                              ? accept(token, claims, issuer, key.get(), digest)
                              : TokenOutcome.refused(
                                  AuthFailureKind.SIGNATURE,
                                  "The token's signature is not its issuer's.",
                                  "Ask the issuer for another."));
            })
        .recover(
            failure ->
                failure instanceof RejectedExecutionException
                    ? Future.succeededFuture(TokenOutcome.tooMany())
                    : Future.failedFuture(failure));
  }

  private static TokenOutcome.Rejected withoutKey(@Nullable IssuerKeys keys) {
    return keys == null || keys.serve() ? TokenOutcome.ofUnknownKey() : TokenOutcome.withoutKeys();
  }

  private static TokenOutcome accept(
      Token token, Claims claims, Issuer issuer, VerificationKey key, Digest digest) {
    Set<Role> roles = issuer.roles(claims);
    if (roles.isEmpty()) {
      return TokenOutcome.withoutRole(issuer.settings());
    }
    var credential =
        new Credential.Token(
            digest,
            issuer.settings().issuer(),
            claims.subject(),
            claims.id(),
            token.kid(),
            key.digest(),
            claims.expiresMillis() + SKEW_MILLIS);
    var principal =
        new Principal(
            issuer.settings().tenant(),
            issuer.principal(claims),
            roles.stream().map(Role::text).collect(Collectors.toUnmodifiableSet()));
    return new TokenOutcome.Accepted(
        new Caller(principal, Permissions.of(roles), credential), credential, claims);
  }

  /** What is asked at every use of a token whose signature is known to be good. */
  private Verdict use(
      TokenOutcome.Accepted accepted, List<X509Certificate> chain, boolean isMapped) {
    Optional<Verdict.Refused> late = time(accepted.claims());
    if (late.isPresent()) {
      return late.get();
    }
    if (revoked.test(accepted.token())) {
      return TokenOutcome.invalid(
          AuthFailureKind.REVOKED, "The token was revoked.", "Ask the operator of this gateway.");
    }
    // The key may have been taken away while the signature was verified by it.
    if (!hasSigner(accepted.token())) {
      return withoutKey(keys(accepted.token())).verdict();
    }
    String bound = accepted.claims().thumbprint();
    if (bound == null) {
      return isMapped ? Authenticator.ambiguous() : Verdict.known(accepted.caller());
    }
    return !chain.isEmpty() && bound.equals(Thumbprint.of(chain.getFirst()))
        ? Verdict.known(accepted.caller())
        : TokenOutcome.invalid(
            AuthFailureKind.BINDING,
            "The token is bound to another client certificate.",
            "Send it over a connection with the certificate that its cnf names.");
  }

  /** Whether a token that was taken would be taken again; its signer may have gone. */
  public boolean holds(Credential.Token token) {
    return clock.millis() < token.expiresMillis() && !revoked.test(token) && hasSigner(token);
  }

  private boolean hasSigner(Credential.Token token) {
    IssuerKeys keys = keys(token);
    return keys != null
        && keys.find(token.keyId()).filter(key -> key.digest().equals(token.signer())).isPresent();
  }

  private @Nullable IssuerKeys keys(Credential.Token token) {
    Issuer issuer = issuers.get(token.issuer());
    return issuer == null ? null : issuer.keys();
  }
}
