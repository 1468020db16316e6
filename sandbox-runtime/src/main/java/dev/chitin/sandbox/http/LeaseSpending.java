package dev.chitin.sandbox.http;

import dev.chitin.policy.CredentialRef;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.SealedPlan;
import dev.chitin.vault.Lease;
import dev.chitin.vault.LeaseBinding;
import dev.chitin.vault.LeaseRedeemer;
import dev.chitin.vault.LeaseUse;
import dev.chitin.vault.SecretAccess;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/** Spends a plan's leases, each for exactly one request; the uses are on disk after it. */
final class LeaseSpending {
  private final LeaseRedeemer redeemer;
  private final SecureRandom random;

  LeaseSpending(LeaseRedeemer redeemer, SecureRandom random) {
    this.redeemer = redeemer;
    this.random = random;
  }

  /**
   * Spends {@code leases}.
   *
   * @param line the request that stands ready
   * @return what is put into the request's head when it is written
   */
  Future<List<Injection>> spend(SealedPlan plan, Invocation.HttpRequest line, List<Lease> leases) {
    Future<List<Injection>> all = Future.succeededFuture(new ArrayList<>());
    for (int i = 0; i < plan.plan().credentials().size(); i++) {
      CredentialRef credential = plan.plan().credentials().get(i);
      Lease lease = leases.get(i);
      all = all.compose(spent -> spend(spent, plan, line, credential, lease));
    }
    return all;
  }

  private Future<List<Injection>> spend(
      List<Injection> spent,
      SealedPlan sealed,
      Invocation.HttpRequest line,
      CredentialRef credential,
      Lease lease) {
    ExecutionPlan plan = sealed.plan();
    var use =
        new LeaseUse(
            sealed.digest(),
            plan.principal().tenant(),
            plan.principal().id(),
            new LeaseBinding(
                line.scheme(),
                line.host(),
                line.port(),
                line.method(),
                line.path(),
                credential.surface(),
                credential.field(),
                credential.format()));
    return redeemer
        .spend(SecretAccess.granted(), lease, use)
        .map(
            used -> {
              spent.add(new Injection(credential, used, random));
              return spent;
            });
  }
}
