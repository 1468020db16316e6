package dev.chitin.sandbox.file;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;

/**
 * Asked between the pieces of an operation whether it is still wanted.
 *
 * @param context of the call
 * @param deadline the earlier of the call's and the plan's
 */
record Progress(CallContext context, Deadline deadline) {

  void check() throws OperationFailed {
    if (context.isCancelled()) {
      throw OperationFailed.stopped("cancelled");
    }
    if (deadline.expired()) {
      throw OperationFailed.stopped("deadline");
    }
  }

  boolean wanted() {
    return !context.isCancelled() && !deadline.expired();
  }
}
