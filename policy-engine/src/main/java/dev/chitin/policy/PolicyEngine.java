package dev.chitin.policy;

import dev.chitin.bus.Deadline;
import io.vertx.core.Future;

/** Decides plans. A denial is an answer, not a failure. */
public interface PolicyEngine {

  /**
   * Decides {@code plan} against one snapshot of the rules. The answer's MAC covers the plan's
   * digest.
   */
  Future<Decision> decide(SealedPlan plan, Deadline deadline);
}
