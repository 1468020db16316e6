package dev.chitin.policy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import org.jspecify.annotations.Nullable;

/**
 * One rule's no.
 *
 * @param code the stable code
 * @param rule id of the rule, stable across reloads of the same configuration
 * @param detail what was denied; fit for the caller, so it never names what the caller did not
 * @param hint the smallest change that would allow it, or null when there is none
 */
public record Denial(ProblemCode code, String rule, String detail, @Nullable String hint) {

  /** A denial without a recipe. */
  public static Denial of(ProblemCode code, String rule, String detail) {
    return new Denial(code, rule, detail, null);
  }

  public Denial withHint(String hint) {
    return new Denial(code, rule, detail, hint);
  }

  /** This denial as an exception, for callers that stop at the first. */
  public ChitinException toException() {
    Problem problem = Problem.of(code, detail).withRule(rule);
    return (hint == null ? problem : problem.withHint(hint)).toException();
  }
}
