package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import org.jspecify.annotations.Nullable;

/** The refusals that several rooms of the vault share. */
public final class VaultFaults {
  private VaultFaults() {}

  public static ChitinException corrupt(String detail, String rule, @Nullable Throwable cause) {
    return made(
        Problem.of(ProblemCode.VAULT_CORRUPT, detail)
            .withRule(rule)
            .withHint("Restore the vault's directory from a backup, then chitin doctor."),
        cause);
  }

  public static ChitinException unavailable(String detail, String rule, @Nullable Throwable cause) {
    return made(
        Problem.of(ProblemCode.VAULT_UNAVAILABLE, detail)
            .withRule(rule)
            .withHint("Look at the disk and the rights of the vault's directory, then restart."),
        cause);
  }

  /** Nothing was changed by it: with room and rights the next change is taken. */
  static ChitinException unwritten(Throwable cause) {
    return Problem.of(ProblemCode.VAULT_UNAVAILABLE, "The vault cannot write.")
        .withRule("vault.write")
        .withHint("Look at the room and the rights in the vault's directory, then try again.")
        .toException(cause);
  }

  public static ChitinException format(String what) {
    return Problem.of(ProblemCode.VAULT_FORMAT_UNKNOWN, what + " has a format that is not known.")
        .withRule("vault.format")
        .withHint("Use the version of Chitin that wrote it, and export its secrets there.")
        .toException();
  }

  static ChitinException unknown() {
    return Problem.of(ProblemCode.VAULT_SECRET_UNKNOWN, "There is no secret of that name.")
        .withRule("secret.unknown")
        .withHint("List the secrets, or store it first.")
        .toException();
  }

  private static ChitinException made(Problem problem, @Nullable Throwable cause) {
    return cause == null ? problem.toException() : problem.toException(cause);
  }
}
