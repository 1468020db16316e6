package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.AuthFailureKind;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Credential;
import dev.chitin.gateway.auth.Verdict;

/** What the check of a token's signature comes to. */
sealed interface TokenOutcome {

  /** The token is its issuer's. */
  record Accepted(Caller caller, Credential.Token token, Claims claims) implements TokenOutcome {}

  /**
   * It is not taken.
   *
   * @param isLasting whether it would be refused again
   */
  record Rejected(Verdict.Refused verdict, boolean isLasting) implements TokenOutcome {}

  static Rejected refused(AuthFailureKind kind, String detail, String hint) {
    return new Rejected(invalid(kind, detail, hint), true);
  }

  static Verdict.Refused invalid(AuthFailureKind kind, String detail, String hint) {
    return Verdict.invalid(kind, "jwt", detail, hint);
  }

  static Rejected ofUnknownKey() {
    return refused(
        AuthFailureKind.SIGNER,
        "The token names a key that its issuer does not have, or not for its algorithm.",
        "Ask the issuer for another.");
  }

  static Rejected withoutRole(IssuerSettings settings) {
    Problem problem =
        Problem.of(
                ProblemCode.AUTH_SCOPE_INSUFFICIENT,
                "The token is good, and no role here is for what it claims.")
            .withRule("auth.issuers.roles")
            .withHint(
                "Put a value of its claim "
                    + String.join(".", settings.claim())
                    + " into auth.issuers[].roles.map."
                    + (settings.knowsNamesWithSpaces()
                        ? " Names with spaces are taken from an array alone."
                        : ""));
    return new Rejected(Verdict.refused(problem, AuthFailureKind.ROLE, "jwt"), true);
  }

  static Rejected withoutKeys() {
    return passing(
        Problem.of(ProblemCode.AUTH_UNAVAILABLE, "The issuer's keys are not known here now.")
            .withRule("auth.issuers")
            .withHint("Try again; the operator finds the cause in the gateway's log."));
  }

  static Rejected tooMany() {
    return passing(
        Problem.of(ProblemCode.GATEWAY_OVERLOADED, "Too many tokens wait for their verification.")
            .withHint("Try again."));
  }

  private static Rejected passing(Problem problem) {
    return new Rejected(Verdict.refused(problem, AuthFailureKind.UNAVAILABLE, "jwt"), false);
  }
}
