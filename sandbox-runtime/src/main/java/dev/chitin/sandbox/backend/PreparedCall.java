package dev.chitin.sandbox.backend;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.SealedPlan;
import dev.chitin.vault.Lease;
import java.util.List;
import java.util.Map;

/**
 * A plan that may run now, with the values that the plan holds by digest.
 *
 * @param plan the plan; its decision is spent and its authorization recorded
 * @param input the arguments; their canonical digest is the plan's {@code input}
 * @param environment of a process; its canonical digest is the plan's
 * @param stdin for a process, maybe empty; part of the input
 * @param leases one for each of the plan's credentials, in their order
 */
public record PreparedCall(
    SealedPlan plan,
    JsonValue.Obj input,
    Map<String, String> environment,
    Bytes stdin,
    List<Lease> leases) {
  public PreparedCall {
    environment = Map.copyOf(environment);
    leases = List.copyOf(leases);
  }

  /** The same with these leases. */
  public PreparedCall with(List<Lease> leases) {
    return new PreparedCall(plan, input, environment, stdin, leases);
  }
}
