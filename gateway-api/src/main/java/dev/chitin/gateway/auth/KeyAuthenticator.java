package dev.chitin.gateway.auth;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.Optional;

/** Checks gateway keys. Never waits, and does the same work whether or not a key's id is known. */
public final class KeyAuthenticator {
  private static final String METHOD = "api_key";
  private static final int MAX_LENGTH = 256;
  private static final String HINT =
      "Send Authorization: Bearer <key>; chitin key create makes a key.";

  /** What an unknown id is compared with. */
  private static final Digest NOBODY = Digest.ofUtf8("no such key");

  private final KeyStore keys;

  public KeyAuthenticator(KeyStore keys) {
    this.keys = keys;
  }

  Verdict check(String presented) {
    Optional<ApiKey> key =
        presented.length() > MAX_LENGTH ? Optional.empty() : ApiKey.parse(presented);
    return key.map(this::check)
        .orElseGet(
            () ->
                Verdict.invalid(
                    AuthFailureKind.MALFORMED,
                    METHOD,
                    "The credential is not a key of a gateway.",
                    HINT));
  }

  private Verdict check(ApiKey key) {
    Optional<KeyRecord> known = keys.find(key.id());
    Digest expected = known.map(KeyRecord::secretDigest).orElse(NOBODY);
    boolean matches = expected.equals(KeyStore.digest(key.secret()));
    if (known.isEmpty() || !matches) {
      return refused(AuthFailureKind.KEY, "The key is not known, or was revoked.", HINT, key.id());
    }
    if (!keys.holds(key.id())) {
      return refused(
          AuthFailureKind.EXPIRED,
          "The key has expired.",
          "Make another with chitin key create, or before its end with chitin key rotate.",
          key.id());
    }
    keys.used(key.id());
    KeyRecord record = known.get();
    return Verdict.known(
        new Caller(record.principal(), record.permissions(), new Credential.Key(record.id())));
  }

  private static Verdict refused(AuthFailureKind kind, String detail, String hint, String id) {
    return new Verdict.Refused(
        Problem.of(ProblemCode.AUTH_INVALID, detail).withHint(hint), kind, METHOD, id);
  }

  boolean holds(Credential.Key key) {
    return keys.holds(key.id());
  }
}
