package dev.chitin.policy;

import dev.chitin.bus.Bus;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/** Serves {@link PolicyAddresses} from a policy engine in the same process. */
public final class PolicyVerticle extends VerticleBase {
  private final Bus bus;
  private final PolicyEngine engine;

  public PolicyVerticle(Bus bus, PolicyEngine engine) {
    this.bus = bus;
    this.engine = engine;
  }

  @Override
  public Future<?> start() {
    return bus.serveNear(
        PolicyAddresses.DECIDE,
        PolicyEngineClient.MAX_IN_FLIGHT,
        (plan, context) -> engine.decide(plan, context.deadline()));
  }
}
