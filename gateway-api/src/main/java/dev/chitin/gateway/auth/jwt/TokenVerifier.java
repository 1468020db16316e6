package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Decides over tokens. What costs nothing is refused first; one signature check at a time is made
 * for one token; its outcome is remembered: a good one for a minute at most and never beyond the
 * token's end, a bad one for five seconds. Whether a token was revoked, is over, or came with the
 * certificate to which it is bound, is asked at every use.
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
  private final BoundedCache<Digest, Accepted> good;
  private final BoundedCache<Digest, Verdict.Refused> bad;
  private final ConcurrentHashMap<Digest, Future<Outcome>> running = new ConcurrentHashMap<>();

  /** What a signature check comes to. */
  private sealed interface Outcome {}

  private record Accepted(Caller caller, Credential.Token token, Claims claims)
      implements Outcome {}

  private record Rejected(Verdict.Refused verdict, boolean isLasting) implements Outcome {}

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
  public Future<Verdict> check(
      String text, java.util.List<X509Certificate> chain, boolean isMapped) {
    if (text.length() > Token.MOST_LENGTH) {
      return Future.succeededFuture(
          invalid(
              AuthFailureKind.MALFORMED,
              "The token is larger than 8 KiB.",
              "Ask for a smaller one."));
    }
    Digest digest = Digest.of(text.getBytes(StandardCharsets.ISO_8859_1));
    Optional<Verdict.Refused> refused = bad.get(digest);
    if (refused.isPresent()) {
      return Future.succeededFuture(refused.get());
    }
    Optional<Accepted> accepted = good.get(digest);
    Future<? extends Outcome> outcome =
        accepted.isPresent() ? Future.succeededFuture(accepted.get()) : judge(text, digest);
    return outcome.map(
        one ->
            switch (one) {
              case Accepted known -> use(known, chain, isMapped);
              case Rejected not -> not.verdict();
            });
  }

  private Future<Outcome> judge(String text, Digest digest) {
    Promise<Outcome> mine = Promise.promise();
    Future<Outcome> other = running.putIfAbsent(digest, mine.future());
    if (other != null) {
      return other;
    }
    attempt(text, digest)
        .onComplete(
            done -> {
              remember(digest, done.result());
              running.remove(digest);
              mine.handle(done);
            });
    return mine.future();
  }

  /** Whatever goes wrong, those who wait are told. */
  private Future<Outcome> attempt(String text, Digest digest) {
    try {
      return verify(text, digest);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private void remember(Digest digest, @org.jspecify.annotations.Nullable Outcome outcome) {
    if (outcome instanceof Accepted accepted) {
      good.put(digest, accepted, GOOD_NANOS);
    } else if (outcome instanceof Rejected rejected && rejected.isLasting()) {
      bad.put(digest, rejected.verdict(), BAD_NANOS);
    }
  }

  private Future<Outcome> verify(String text, Digest digest) {
    Token token;
    Claims claims;
    Issuer issuer;
    try {
      token = Token.parse(text);
      String named = Token.text(token.claims(), "iss");
      Issuer known = named == null ? null : issuers.get(named);
      if (known == null) {
        return rejected(
            AuthFailureKind.ISSUER,
            "The token's issuer is not one of this gateway.",
            "auth.issuers lists the issuers.");
      }
      issuer = known;
      claims = Claims.of(token.claims(), issuer.settings().claim());
    } catch (Token.Unreadable e) {
      return rejected(
          AuthFailureKind.MALFORMED,
          "The token " + e.getMessage() + ".",
          "Ask the issuer for a token as RFC 7519 and RFC 9068 have it.");
    }
    Optional<Outcome> refusal = refusal(token, claims, issuer);
    return refusal.isPresent()
        ? Future.succeededFuture(refusal.get())
        : signature(token, claims, issuer, digest);
  }

  /** What can be said without a signature. */
  private Optional<Outcome> refusal(Token token, Claims claims, Issuer issuer) {
    IssuerSettings settings = issuer.settings();
    if (!claims.audiences().contains(settings.audience())) {
      return Optional.of(
          not(
              AuthFailureKind.AUDIENCE,
              "The token is for another audience.",
              "Ask for one whose aud is " + settings.audience() + "."));
    }
    if (!settings.algorithms().contains(token.algorithm())) {
      return Optional.of(
          not(
              AuthFailureKind.SIGNER,
              "The token is signed by an algorithm that is not taken from its issuer.",
              "auth.issuers[].algorithms lists those that are."));
    }
    return time(claims).map(verdict -> new Rejected(verdict, true));
  }

  private Optional<Verdict.Refused> time(Claims claims) {
    long now = clock.millis();
    if (now >= claims.expiresMillis() + SKEW_MILLIS) {
      return Optional.of(
          invalid(
              AuthFailureKind.EXPIRED, "The token has expired.", "Ask the issuer for another."));
    }
    Long notBefore = claims.notBeforeMillis();
    if (notBefore != null && now < notBefore - SKEW_MILLIS) {
      return Optional.of(
          invalid(
              AuthFailureKind.NOT_YET_VALID,
              "The token is not valid yet.",
              "Wait until its nbf, and compare the clocks."));
    }
    return Optional.empty();
  }

  private Future<Outcome> signature(Token token, Claims claims, Issuer issuer, Digest digest) {
    return issuer
        .keys()
        .findOrRead(token.kid())
        .compose(
            key -> {
              if (key.isEmpty() || key.get().algorithm() != token.algorithm()) {
                return issuer.keys().serve() ? unknownKey() : unavailable();
              }
              return pool.verify(key.get(), token.signed(), token.signature())
                  .map(
                      signed ->
                          signed
                              ? accept(token, claims, issuer, key.get(), digest)
                              : not(
                                  AuthFailureKind.SIGNATURE,
                                  "The token's signature is not its issuer's.",
                                  "Ask the issuer for another."));
            })
        .recover(
            failure ->
                failure instanceof RejectedExecutionException
                    ? Future.succeededFuture(full())
                    : Future.failedFuture(failure));
  }

  private static Outcome accept(
      Token token, Claims claims, Issuer issuer, VerificationKey key, Digest digest) {
    Set<Role> roles = issuer.roles(claims);
    if (roles.isEmpty()) {
      return new Rejected(
          Verdict.refused(
              Problem.of(
                      ProblemCode.AUTH_SCOPE_INSUFFICIENT,
                      "The token is good, and no role here is for what it claims.")
                  .withRule("auth.issuers.roles")
                  .withHint(
                      "Put a value of its claim "
                          + String.join(".", issuer.settings().claim())
                          + " into auth.issuers[].roles.map."),
              AuthFailureKind.ROLE,
              "jwt"),
          true);
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
    return new Accepted(
        new Caller(principal, Permissions.of(roles), credential), credential, claims);
  }

  /** What is asked at every use of a token whose signature is known to be good. */
  private Verdict use(Accepted accepted, java.util.List<X509Certificate> chain, boolean isMapped) {
    Optional<Verdict.Refused> late = time(accepted.claims());
    if (late.isPresent()) {
      return late.get();
    }
    if (revoked.test(accepted.token())) {
      return invalid(
          AuthFailureKind.REVOKED, "The token was revoked.", "Ask the operator of this gateway.");
    }
    String bound = accepted.claims().thumbprint();
    if (bound == null) {
      return isMapped ? Authenticator.ambiguous() : Verdict.known(accepted.caller());
    }
    return !chain.isEmpty() && bound.equals(Thumbprint.of(chain.getFirst()))
        ? Verdict.known(accepted.caller())
        : invalid(
            AuthFailureKind.BINDING,
            "The token is bound to another client certificate.",
            "Send it over a connection with the certificate that its cnf names.");
  }

  /** Whether a token that was taken would be taken again; its signer may have gone. */
  public boolean holds(Credential.Token token) {
    Issuer issuer = issuers.get(token.issuer());
    return issuer != null
        && clock.millis() < token.expiresMillis()
        && !revoked.test(token)
        && issuer
            .keys()
            .find(token.keyId())
            .filter(key -> key.digest().equals(token.signer()))
            .isPresent();
  }

  private static Future<Outcome> unknownKey() {
    return rejected(
        AuthFailureKind.SIGNER,
        "The token names a key that its issuer does not have, or not for its algorithm.",
        "Ask the issuer for another.");
  }

  private static Future<Outcome> unavailable() {
    return Future.succeededFuture(
        new Rejected(
            Verdict.refused(
                Problem.of(
                        ProblemCode.AUTH_UNAVAILABLE, "The issuer's keys are not known here now.")
                    .withRule("auth.issuers")
                    .withHint("Try again; the operator finds the cause in the gateway's log."),
                AuthFailureKind.UNAVAILABLE,
                "jwt"),
            false));
  }

  private static Outcome full() {
    return new Rejected(
        Verdict.refused(
            Problem.of(
                    ProblemCode.GATEWAY_OVERLOADED, "Too many tokens wait for their verification.")
                .withHint("Try again."),
            AuthFailureKind.UNAVAILABLE,
            "jwt"),
        false);
  }

  private static Future<Outcome> rejected(AuthFailureKind kind, String detail, String hint) {
    return Future.succeededFuture(not(kind, detail, hint));
  }

  private static Outcome not(AuthFailureKind kind, String detail, String hint) {
    return new Rejected(invalid(kind, detail, hint), true);
  }

  private static Verdict.Refused invalid(AuthFailureKind kind, String detail, String hint) {
    return Verdict.invalid(kind, "jwt", detail, hint);
  }
}
