package dev.chitin.policy;

import dev.chitin.bus.Digest;

/** Tells whether a decision really is policy's, and spends it. */
public interface DecisionVerifier {

  /**
   * Returns when {@code decision} allows exactly this plan on this node now, and marks it spent: a
   * second call with the same decision fails. The marks are bounded; at the bound the call fails.
   *
   * @throws dev.chitin.bus.ChitinException {@code policy.decision_invalid}, or {@code
   *     gateway.overloaded} at the bound
   */
  void consume(Decision decision, Digest planDigest);
}
