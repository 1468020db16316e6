package dev.chitin.audit;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;

/**
 * Damage in a log, and where it is.
 *
 * @param index the first entry that is affected or missing
 * @param segment file name of the segment
 * @param offset byte offset in that file
 * @param what what is wrong there, one clause
 */
public record LogFault(long index, String segment, long offset, String what) {

  /** One line: what and where. */
  public String describe() {
    return what + " (entry " + index + ", segment " + segment + ", offset " + offset + ")";
  }

  /** The refusal that this damage calls for. */
  public ChitinException toException() {
    return Problem.of(ProblemCode.AUDIT_CORRUPT, "The audit log is damaged: " + describe() + ".")
        .withHint(
            "Nothing was changed. Keep a copy, run `chitin audit verify`, then restore the log or"
                + " start a new one in another directory.")
        .toException();
  }
}
