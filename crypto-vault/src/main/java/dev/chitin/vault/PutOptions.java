package dev.chitin.vault;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.store.Manifest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * How a new version is stored.
 *
 * @param grace how long the version before it is kept; zero destroys it at once
 * @param expiresMillis from when on the new one is given to nobody, 0 for never
 * @param binding canonical JSON (RFC 8785) that the value is sealed to, empty for none
 * @param rotate whether there must be a version already
 */
public record PutOptions(Duration grace, long expiresMillis, String binding, boolean rotate) {
  /** Longest grace. */
  public static final Duration MAX_GRACE = Duration.ofDays(90);

  /** A first or further version; what was before is destroyed at once. */
  public static final PutOptions PUT = new PutOptions(Duration.ZERO, 0, "", false);

  public PutOptions {
    if (grace.isNegative()
        || grace.compareTo(MAX_GRACE) > 0
        || expiresMillis < 0
        || binding.getBytes(StandardCharsets.UTF_8).length > Manifest.MAX_BINDING) {
      throw Problem.of(
              ProblemCode.VAULT_SECRET_INVALID,
              "The grace is longer than 90 days, the expiry lies before 1970, or the binding is"
                  + " longer than 4096 bytes.")
          .withRule("secret.options")
          .toException();
    }
  }

  /** A further version of a secret that is there. */
  public static PutOptions rotate(Duration grace) {
    return new PutOptions(grace, 0, "", true);
  }
}
