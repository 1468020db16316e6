package dev.chitin.audit.log;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;

/** What the log answers when it does not take an entry. */
final class Refusals {
  private Refusals() {}

  static ChitinException queueFull(int entries, long bytes) {
    return Problem.of(
            ProblemCode.AUDIT_UNAVAILABLE,
            "The audit log's queue is at its bound: "
                + entries
                + " entries, "
                + bytes
                + " bytes wait.")
        .withHint("Try again when the disk has caught up.")
        .toException();
  }

  static ChitinException tooManyOpenCalls() {
    return Problem.of(
            ProblemCode.AUDIT_UNAVAILABLE,
            "There are already " + OpenCalls.MAX + " authorized calls without an end.")
        .withHint("Try again when calls have ended.")
        .toException();
  }

  static ChitinException stalled() {
    return Problem.of(
            ProblemCode.AUDIT_STALLED, "The audit log did not get the record to disk in time.")
        .withHint("Check the disk under the audit directory.")
        .toException();
  }

  static ChitinException noSpace() {
    return Problem.of(
            ProblemCode.AUDIT_NO_SPACE,
            "The file system of the audit log has too little room for new calls.")
        .withHint("Make room on the file system that holds the audit directory.")
        .toException();
  }

  /**
   * There was space enough when it was last looked at: rights, a quota or the disk are in the way.
   */
  static ChitinException noSegment() {
    return Problem.of(
            ProblemCode.AUDIT_NO_SPACE,
            "The next segment of the audit log cannot be made, so there is no room for new calls.")
        .withHint(
            "Check the room in the audit directory and the right to write there; the gateway's own"
                + " log names the failure.")
        .toException();
  }

  static ChitinException displaced() {
    return Problem.of(
            ProblemCode.AUDIT_UNAVAILABLE,
            "The audit directory is gone, or is not the one that was opened.")
        .withHint("Put it back where it was: the gateway goes on by itself then.")
        .toException();
  }

  static ChitinException failed(Throwable cause) {
    return Problem.of(
            ProblemCode.AUDIT_UNAVAILABLE,
            "The audit log could not write and takes nothing until the gateway starts again.")
        .withHint(
            "Check the disk under the audit directory, then restart; the start checks the log.")
        .toException(cause);
  }

  static ChitinException closed() {
    return Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "The audit log is closed.")
        .withHint("The gateway is shutting down; try again when it is up.")
        .toException();
  }
}
