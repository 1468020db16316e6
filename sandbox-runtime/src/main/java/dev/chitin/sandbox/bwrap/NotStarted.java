package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.sandbox.nativeos.ErrnoException;
import java.io.IOException;

/** Makes the refusals of calls whose tool never started. */
final class NotStarted {
  private NotStarted() {}

  /** It was cancelled or late. */
  static ChitinException because(SandboxRun.Cause why) {
    return why == SandboxRun.Cause.DEADLINE
        ? Problem.of(ProblemCode.DEADLINE_EXCEEDED, "The deadline passed before the tool started.")
            .withHint("Allow the call more time.")
            .toException()
        : Problem.of(ProblemCode.CALL_CANCELLED, "The call was cancelled before its tool started.")
            .toException();
  }

  /** The sandbox could not be made. */
  static ChitinException because(IOException cause) {
    String step = cause instanceof ErrnoException e ? " (" + e.getMessage() + ")" : "";
    return Unavailable.because(
        "The sandbox could not be set up" + step + ".", "Run chitin doctor.", cause);
  }
}
