package dev.chitin.bus;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong, where, and what to do: the body of every refusal (RFC 9457).
 *
 * @param code the stable code
 * @param detail what was wrong with this request; never a host path of the gateway, an exception
 *     text or a secret
 * @param rule the id of the rule that decided, or null
 * @param hint the smallest change that would allow it, or null
 * @param errors the single faults with their places, at most 32
 */
public record Problem(
    ProblemCode code,
    String detail,
    @Nullable String rule,
    @Nullable String hint,
    List<FieldError> errors) {

  /** The most field errors that a problem carries. */
  public static final int MAX_ERRORS = 32;

  /**
   * One fault in a document.
   *
   * @param pointer JSON Pointer (RFC 6901) to the place, empty for the whole document
   * @param detail what was wrong there
   */
  public record FieldError(String pointer, String detail) {}

  public Problem {
    errors = List.copyOf(errors.size() > MAX_ERRORS ? errors.subList(0, MAX_ERRORS) : errors);
  }

  public static Problem of(ProblemCode code, String detail) {
    return new Problem(code, detail, null, null, List.of());
  }

  public Problem withRule(String rule) {
    return new Problem(code, detail, rule, hint, errors);
  }

  public Problem withHint(String hint) {
    return new Problem(code, detail, rule, hint, errors);
  }

  public Problem withErrors(List<FieldError> errors) {
    return new Problem(code, detail, rule, hint, errors);
  }

  /** This problem as an exception of its family. */
  public ChitinException toException() {
    return ChitinException.of(this, null);
  }

  /** This problem as an exception of its family, with the cause for the log. */
  public ChitinException toException(Throwable cause) {
    return ChitinException.of(this, cause);
  }
}
