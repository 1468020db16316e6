package dev.chitin.vault;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.time.Duration;
import java.util.Optional;

/**
 * How a new version is stored.
 *
 * @param grace how long the version before it is kept; zero destroys it at once
 * @param expiresMillis from when on the new one is given to nobody, 0 for never
 * @param binding where it may go; without one, what the version before was bound to is kept
 * @param rotate whether there must be a version already
 */
public record PutOptions(
    Duration grace, long expiresMillis, Optional<SecretBinding> binding, boolean rotate) {
  /** Longest grace. */
  public static final Duration MAX_GRACE = Duration.ofDays(90);

  /** A first or further version; what was before is destroyed at once. */
  public static final PutOptions PUT = new PutOptions(Duration.ZERO, 0, Optional.empty(), false);

  public PutOptions {
    if (grace.isNegative() || grace.compareTo(MAX_GRACE) > 0 || expiresMillis < 0) {
      throw Problem.of(
              ProblemCode.VAULT_SECRET_INVALID,
              "The grace is longer than 90 days, or the expiry lies before 1970.")
          .withRule("secret.options")
          .toException();
    }
  }

  /** A further version of a secret that is there. */
  public static PutOptions rotate(Duration grace) {
    return new PutOptions(grace, 0, Optional.empty(), true);
  }
}
