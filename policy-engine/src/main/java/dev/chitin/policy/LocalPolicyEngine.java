package dev.chitin.policy;

import dev.chitin.bus.Deadline;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Objects;

/**
 * Decides plans in this process by the snapshot of the moment and signs what it decided. A new
 * snapshot takes effect with one write. Safe for use from any thread.
 */
public final class LocalPolicyEngine implements PolicyEngine {
  private final Vertx vertx;
  private final DecisionSigner signer;
  private volatile PolicySnapshot snapshot;

  /** Decides by {@code snapshot} until another replaces it. */
  public LocalPolicyEngine(Vertx vertx, PolicySnapshot snapshot, DecisionSigner signer) {
    this.vertx = vertx;
    this.snapshot = snapshot;
    this.signer = signer;
  }

  /** The snapshot of the moment. */
  public PolicySnapshot snapshot() {
    return snapshot;
  }

  /**
   * Decides by {@code next} from now on; a decision under way ends by the snapshot it began with.
   */
  public void replace(PolicySnapshot next) {
    snapshot = next;
  }

  /** {@inheritDoc} The first plan of a tool looks at the file system, away from the event loop. */
  @Override
  public Future<Decision> decide(SealedPlan plan, Deadline deadline) {
    PolicySnapshot current = snapshot;
    if (current.isPrepared(plan.plan())) {
      return Future.succeededFuture(decide(current, plan, deadline));
    }
    return vertx
        .executeBlocking(() -> decide(current, plan, deadline), false)
        .map(Objects::requireNonNull);
  }

  private Decision decide(PolicySnapshot current, SealedPlan plan, Deadline deadline) {
    Verdict verdict =
        plan.plan().node().equals(signer.node())
            ? current.evaluate(plan.plan())
            : Verdict.deny(List.of(otherNode()));
    return signer.sign(verdict, plan.digest(), current.version(), deadline);
  }

  private static Denial otherNode() {
    return Denial.of(
        ProblemCode.POLICY_ERROR, "plan.node", "The plan is made out to another node.");
  }
}
