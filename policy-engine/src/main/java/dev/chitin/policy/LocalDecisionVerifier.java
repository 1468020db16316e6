package dev.chitin.policy;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.security.MessageDigest;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Spends decisions of one node. A decision is looked at only after its MAC held, so nobody without
 * the key can fill the marks.
 *
 * <p>Marks are kept until their decision has expired, at most {@value #MAX_MARKS}; at that bound a
 * decision is refused, never forgotten. Safe for use from any thread.
 */
public final class LocalDecisionVerifier implements DecisionVerifier {
  /** Most spent decisions that have not expired. */
  public static final int MAX_MARKS = 131_072;

  private static final int PRUNED_PER_USE = 4;

  private record Mark(String decisionId, long expiresNanos) {}

  private final DecisionKey key;
  private final String node;
  private final LongSupplier nanoTime;
  private final int maxMarks;
  private final ConcurrentMap<String, Boolean> spent = new ConcurrentHashMap<>();
  private final Queue<Mark> byAge = new ConcurrentLinkedQueue<>();
  private final AtomicInteger marks = new AtomicInteger();

  /** Verifies decisions that are made out to {@code node}. */
  public LocalDecisionVerifier(DecisionKey key, String node) {
    this(key, node, System::nanoTime, MAX_MARKS);
  }

  LocalDecisionVerifier(DecisionKey key, String node, LongSupplier nanoTime, int maxMarks) {
    this.key = key;
    this.node = node;
    this.nanoTime = nanoTime;
    this.maxMarks = maxMarks;
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
      throw invalid("decision.expired", "The decision has expired.");
    }
    spend(decision, now);
  }

  private void spend(Decision decision, long now) {
    prune(now);
    if (marks.incrementAndGet() > maxMarks) {
      marks.decrementAndGet();
      throw Problem.of(
              ProblemCode.GATEWAY_OVERLOADED,
              "There are already " + maxMarks + " spent decisions that have not expired.")
          .withHint("Try again when they have.")
          .toException();
    }
    if (spent.putIfAbsent(decision.decisionId(), Boolean.TRUE) != null) {
      marks.decrementAndGet();
      throw invalid("decision.spent", "The decision is spent.");
    }
    byAge.add(new Mark(decision.decisionId(), decision.expiresNanos()));
  }

  /**
   * Forgets a few expired marks. They leave in the order in which they came; one that lives longer
   * holds those behind it back by a minute at most.
   */
  private void prune(long now) {
    for (int i = 0; i < PRUNED_PER_USE; i++) {
      Mark oldest = byAge.peek();
      if (oldest == null || oldest.expiresNanos() - now > 0 || !byAge.remove(oldest)) {
        return;
      }
      spent.remove(oldest.decisionId());
      marks.decrementAndGet();
    }
  }

  private static RuntimeException invalid(String rule, String detail) {
    return Problem.of(ProblemCode.POLICY_DECISION_INVALID, detail)
        .withRule(rule)
        .withHint("Have the plan decided anew.")
        .toException();
  }
}
