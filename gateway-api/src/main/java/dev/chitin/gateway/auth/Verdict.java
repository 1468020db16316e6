package dev.chitin.gateway.auth;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import org.jspecify.annotations.Nullable;

/** The outcome of a check. */
public sealed interface Verdict {

  /** A caller. */
  record Known(Caller caller) implements Verdict {}

  /**
   * Why not.
   *
   * @param method what was presented: {@code api_key}, {@code jwt}, {@code certificate} or {@code
   *     none}
   * @param keyId the id part of the presented key, when it has the form of one
   */
  record Refused(Problem problem, AuthFailureKind kind, String method, @Nullable String keyId)
      implements Verdict {

    /** Whether the sender is to blame, and not a check that could not be made. */
    public boolean isFault() {
      return kind != AuthFailureKind.UNAVAILABLE;
    }
  }

  static Verdict known(Caller caller) {
    return new Known(caller);
  }

  static Refused refused(Problem problem, AuthFailureKind kind, String method) {
    return new Refused(problem, kind, method, null);
  }

  /** A credential that is not valid. */
  static Refused invalid(AuthFailureKind kind, String method, String detail, String hint) {
    return refused(Problem.of(ProblemCode.AUTH_INVALID, detail).withHint(hint), kind, method);
  }
}
