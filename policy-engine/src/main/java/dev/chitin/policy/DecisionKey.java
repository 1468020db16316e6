package dev.chitin.policy;

import dev.chitin.bus.BootMac;

/**
 * The key that makes decisions authentic on one node for the life of its process: 32 random bytes
 * that only policy and sandbox hold. After a restart every earlier decision is void.
 *
 * <p>Safe for use from any thread.
 */
public final class DecisionKey {
  private final BootMac macs = new BootMac("chitin.decision.v1");

  private DecisionKey() {}

  /** A fresh key. */
  public static DecisionKey generate() {
    return new DecisionKey();
  }

  /** HMAC-SHA256 over every field of {@code decision} but its MAC. */
  byte[] mac(Decision decision) {
    return macs.over(
        fields -> {
          fields
              .text(decision.outcome().name())
              .text(decision.decisionId())
              .fixed(decision.planDigest().borrow())
              .text(decision.policyVersion())
              .text(decision.audience())
              .number(decision.expiresNanos())
              .text(decision.code() == null ? null : decision.code().code())
              .text(decision.detail())
              .number(decision.rules().size());
          decision.rules().forEach(fields::text);
          fields.text(decision.hint());
        });
  }
}
