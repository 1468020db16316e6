package dev.chitin.gateway;

import java.util.List;
import java.util.function.Supplier;

/** Why the gateway is not ready, if so, and what is weaker here than it should be. Thread safe. */
public final class Readiness {
  private final Supplier<List<String>> faults;
  private volatile List<String> degraded = List.of();
  private volatile boolean proven;
  private volatile boolean draining;

  /**
   * @param faults codes of the parts that do not work now, asked anew each time
   */
  public Readiness(Supplier<List<String>> faults) {
    this.faults = faults;
  }

  /** The self-proof has passed; {@code degraded} names the controls that the operator waived. */
  public void proven(List<String> degraded) {
    this.degraded = List.copyOf(degraded);
    this.proven = true;
  }

  /** No more work is taken. */
  public void draining() {
    draining = true;
  }

  /** Codes of what is in the way; empty when ready. */
  public List<String> reasons() {
    if (draining) {
      return List.of("gateway.draining");
    }
    return proven ? faults.get() : List.of("gateway.not_proven");
  }

  public List<String> degraded() {
    return degraded;
  }
}
