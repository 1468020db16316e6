package dev.chitin.sandbox.plan;

import dev.chitin.bus.Bytes;
import dev.chitin.policy.SealedPlan;
import java.util.Map;

/**
 * A plan with the values that it holds by digest.
 *
 * @param sealed the plan
 * @param environment of a process, else empty
 * @param stdin of a process, else empty
 */
public record PreparedPlan(SealedPlan sealed, Map<String, String> environment, Bytes stdin) {
  public PreparedPlan {
    environment = Map.copyOf(environment);
  }
}
