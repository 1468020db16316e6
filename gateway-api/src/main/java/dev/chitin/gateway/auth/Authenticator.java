package dev.chitin.gateway.auth;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Checks the one credential of a request. Never waits, and does the same work whether or not a
 * key's id is known.
 */
public final class Authenticator {
  private static final int MAX_CREDENTIAL = 256;

  /** What an unknown id is compared with. */
  private static final Digest NOBODY = Digest.ofUtf8("no such key");

  private final KeyStore keys;

  public Authenticator(KeyStore keys) {
    this.keys = keys;
  }

  /**
   * The outcome of a check: a caller, or why not.
   *
   * @param caller null when refused
   * @param refusal null when accepted
   * @param keyId the id part of the presented key, when it has the form of one
   */
  public record Verdict(
      @Nullable Caller caller, @Nullable Problem refusal, @Nullable String keyId) {
    static Verdict refused(Problem problem, @Nullable String keyId) {
      return new Verdict(null, problem, keyId);
    }
  }

  /**
   * Checks a request's credential.
   *
   * @param authorization every {@code Authorization} field
   * @param apiKey every {@code x-api-key} field
   */
  public Verdict check(List<String> authorization, List<String> apiKey) {
    if (authorization.isEmpty() && apiKey.isEmpty()) {
      return Verdict.refused(
          Problem.of(ProblemCode.AUTH_MISSING, "The request carries no credential.")
              .withHint("Send Authorization: Bearer <key>; chitin key create makes a key."),
          null);
    }
    if (authorization.size() + apiKey.size() > 1) {
      return Verdict.refused(invalid("The request carries more than one credential."), null);
    }
    String presented =
        authorization.isEmpty() ? apiKey.getFirst() : bearer(authorization.getFirst());
    Optional<ApiKey> key =
        presented.length() > MAX_CREDENTIAL ? Optional.empty() : ApiKey.parse(presented);
    return key.map(this::check)
        .orElseGet(
            () -> Verdict.refused(invalid("The credential is not a key of a gateway."), null));
  }

  private Verdict check(ApiKey key) {
    Optional<KeyRecord> known = keys.find(key.id());
    Digest expected = known.map(KeyRecord::secretDigest).orElse(NOBODY);
    boolean matches = expected.equals(KeyStore.digest(key.secret()));
    if (known.isEmpty() || !matches) {
      return Verdict.refused(invalid("The key is not known, or was revoked."), key.id());
    }
    KeyRecord record = known.get();
    return new Verdict(new Caller(record.principal(), record.role().scopes()), null, record.id());
  }

  private static String bearer(String authorization) {
    return authorization.regionMatches(true, 0, "Bearer ", 0, 7)
        ? authorization.substring(7).trim()
        : "";
  }

  private static Problem invalid(String detail) {
    return Problem.of(ProblemCode.AUTH_INVALID, detail)
        .withHint("Send Authorization: Bearer <key>; chitin key create makes a key.");
  }
}
