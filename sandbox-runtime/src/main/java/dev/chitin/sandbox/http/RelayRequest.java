package dev.chitin.sandbox.http;

import dev.chitin.bus.Bytes;
import dev.chitin.policy.SealedPlan;
import dev.chitin.vault.Lease;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A request that the gateway passes on, cleared.
 *
 * @param plan its invocation is the request; its decision is spent and its authorization recorded
 * @param headers by lower-case name; the plan names them
 * @param body its digest is the plan's; empty for none
 * @param leases one for each of the plan's credentials, in their order
 * @param connectMillis longest wait for the connection
 * @param firstByteMillis longest wait for the server to take more of the request, and then for the
 *     head of its answer
 */
public record RelayRequest(
    SealedPlan plan,
    Map<String, String> headers,
    Bytes body,
    List<Lease> leases,
    long connectMillis,
    long firstByteMillis) {
  public RelayRequest {
    headers = new TreeMap<>(headers);
    leases = List.copyOf(leases);
  }
}
