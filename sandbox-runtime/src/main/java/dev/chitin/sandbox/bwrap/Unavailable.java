package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;

/** Makes the refusal {@code sandbox.unavailable}: what is missing, and what mends it. */
final class Unavailable {
  private Unavailable() {}

  static ChitinException because(String detail, String hint) {
    return Problem.of(ProblemCode.SANDBOX_UNAVAILABLE, detail).withHint(hint).toException();
  }

  static ChitinException because(String detail, String hint, Throwable cause) {
    return Problem.of(ProblemCode.SANDBOX_UNAVAILABLE, detail).withHint(hint).toException(cause);
  }
}
