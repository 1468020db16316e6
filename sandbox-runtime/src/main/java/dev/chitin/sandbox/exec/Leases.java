package dev.chitin.sandbox.exec;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Deadline;
import dev.chitin.policy.CredentialRef;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.vault.Lease;
import dev.chitin.vault.LeaseBinding;
import dev.chitin.vault.LeaseRequest;
import dev.chitin.vault.SecretName;
import dev.chitin.vault.Vault;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;

/**
 * Leases of a plan's credentials.
 *
 * @param vault grants them
 */
record Leases(Vault vault) {

  /** One for each credential of the plan, one after the other; a refusal ends it. */
  Future<List<Lease>> take(ExecutionPlan plan, Receipt receipt, CallRef call, Deadline deadline) {
    Future<List<Lease>> leases = Future.succeededFuture(new ArrayList<>());
    for (CredentialRef credential : plan.credentials()) {
      var request =
          new LeaseRequest(
              new SecretName(credential.name()),
              receipt.planDigest(),
              receipt.decisionId(),
              receipt,
              call,
              binding(credential, plan.invocation()));
      leases = leases.compose(granted -> add(granted, request, deadline));
    }
    return leases;
  }

  private Future<List<Lease>> add(List<Lease> granted, LeaseRequest request, Deadline deadline) {
    return vault
        .lease(request, deadline)
        .map(
            lease -> {
              granted.add(lease);
              return granted;
            });
  }

  /** Where the plan puts the credential; a plan that makes no request puts it nowhere. */
  private static LeaseBinding binding(CredentialRef credential, Invocation invocation) {
    return new LeaseBinding(
        credential.scheme(),
        credential.host(),
        credential.port(),
        invocation instanceof Invocation.HttpRequest request ? request.method() : "",
        invocation instanceof Invocation.HttpRequest request ? request.path() : "",
        credential.surface(),
        credential.field(),
        credential.format());
  }
}
