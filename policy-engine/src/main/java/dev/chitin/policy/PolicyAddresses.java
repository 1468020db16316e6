package dev.chitin.policy;

import dev.chitin.bus.Address;

/** Where policy is served on the bus. */
public final class PolicyAddresses {
  public static final Address<SealedPlan, Decision> DECIDE =
      new Address<>("chitin.policy.decide", SealedPlan.class, Decision.class);

  private PolicyAddresses() {}
}
