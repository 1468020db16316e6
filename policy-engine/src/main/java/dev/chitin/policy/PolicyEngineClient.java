package dev.chitin.policy;

import dev.chitin.bus.Bus;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Endpoint;
import io.vertx.core.Future;

/** Calls policy over the bus. */
public final class PolicyEngineClient implements PolicyEngine {
  /** Most undecided plans of one client. */
  public static final int MAX_IN_FLIGHT = 16_384;

  private final Endpoint<SealedPlan, Decision> decide;

  public PolicyEngineClient(Bus bus) {
    decide = bus.endpoint(PolicyAddresses.DECIDE, MAX_IN_FLIGHT);
  }

  @Override
  public Future<Decision> decide(SealedPlan plan, Deadline deadline) {
    return decide.call(plan, deadline);
  }
}
