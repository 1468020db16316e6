package dev.chitin.policy;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.security.MessageDigest;
import java.util.function.LongSupplier;

/**
 * Spends decisions of one node. A decision is looked at only after its MAC held, so nobody without
 * the key can fill the marks.
 *
 * <p>Marks are kept until their decision has expired, at most {@value #MAX_MARKS}; at that bound a
 * decision is refused, never forgotten. Safe for use from any thread.
 */
public final class LocalDecisionVerifier implements DecisionVerifier {
  /** Most marks at a time: those of some 52,000 calls a second, in two tables of 16 MiB. */
  public static final int MAX_MARKS = 524_288;

  private final DecisionKey key;
  private final String node;
  private final LongSupplier nanoTime;
  private final int maxMarks;
  private final SpentDecisions spent;

  /** Verifies decisions that are made out to {@code node}. */
  public LocalDecisionVerifier(DecisionKey key, String node) {
    this(key, node, System::nanoTime, MAX_MARKS);
  }

  LocalDecisionVerifier(DecisionKey key, String node, LongSupplier nanoTime, int maxMarks) {
    this.key = key;
    this.node = node;
    this.nanoTime = nanoTime;
    this.maxMarks = maxMarks;
    this.spent = new SpentDecisions(nanoTime, DecisionSigner.LIFETIME.toNanos(), maxMarks);
  }

  @Override
  public void consume(Decision decision, Digest planDigest) {
    long now = nanoTime.getAsLong();
    if (!MessageDigest.isEqual(key.mac(decision), decision.mac().borrow())) {
      throw invalid("decision.mac", "The decision was not made by this node's policy.");
    }
    if (!decision.audience().equals(node)) {
      throw invalid("decision.audience", "The decision is made out to another node.");
    }
    if (decision.outcome() != Decision.Outcome.ALLOW) {
      throw invalid("decision.outcome", "The decision does not allow the plan.");
    }
    if (!decision.planDigest().equals(planDigest)) {
      throw invalid("decision.plan", "The decision covers another plan.");
    }
    long left = decision.expiresNanos() - now;
    if (left <= 0 || left > DecisionSigner.LIFETIME.toNanos()) {
      throw expired();
    }
    spend(decision);
  }

  private void spend(Decision decision) {
    switch (spent.spend(decision.mac(), decision.expiresNanos())) {
      case SET -> {
        // It counts, this once.
      }
      case SPENT -> throw invalid("decision.spent", "The decision is spent.");
      case EXPIRED -> throw expired();
      case FULL ->
          throw Problem.of(
                  ProblemCode.GATEWAY_OVERLOADED,
                  "There are already " + maxMarks + " marks of spent decisions.")
              .withHint("Try again in some seconds, when they have expired.")
              .toException();
    }
  }

  private static RuntimeException expired() {
    return invalid("decision.expired", "The decision has expired.");
  }

  private static RuntimeException invalid(String rule, String detail) {
    return Problem.of(ProblemCode.POLICY_DECISION_INVALID, detail)
        .withRule(rule)
        .withHint("Have the plan decided anew.")
        .toException();
  }
}
