package dev.chitin.sandbox.exec;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.Receipt;
import dev.chitin.audit.ReceiptVerifier;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.policy.CredentialRef;
import dev.chitin.policy.Decision;
import dev.chitin.policy.DecisionVerifier;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.PolicyEngine;
import dev.chitin.policy.SealedPlan;
import dev.chitin.vault.Lease;
import dev.chitin.vault.LeaseRequest;
import dev.chitin.vault.SecretName;
import dev.chitin.vault.Vault;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a plan that the gateway itself carries out through the stations before it may: decide,
 * spend the decision, record durably, verify the receipt, lease. Whatever fails is recorded and
 * ends it.
 *
 * @param policy decides
 * @param decisions spends decisions, each once
 * @param audit records
 * @param receipts verifies what the log gave
 * @param vault leases credentials
 */
public record Clearance(
    PolicyEngine policy,
    DecisionVerifier decisions,
    AuditLog audit,
    ReceiptVerifier receipts,
    Vault vault) {
  /** How long the record of an end may take when the call's own deadline has passed. */
  private static final Duration END_RECORD = Duration.ofSeconds(5);

  /**
   * A plan that may be carried out now, once. Its holder owes the log an end.
   *
   * @param plan as it was decided on
   * @param ref what its records name
   * @param leases one for each of the plan's credentials, in their order
   * @param auditIndex of the record that allows it
   */
  public record Cleared(
      SealedPlan plan, AuditEvent.CallRef ref, List<Lease> leases, long auditIndex) {
    public Cleared {
      leases = List.copyOf(leases);
    }
  }

  /**
   * Clears {@code plan}.
   *
   * @return fails with the refusal of whichever station refused, or because that could not be
   *     recorded
   */
  public Future<Cleared> clear(SealedPlan plan, CallContext context) {
    return policy
        .decide(plan, context.deadline())
        .recover(failure -> denied(plan, null, ChitinException.from(failure)).mapEmpty())
        .compose(decision -> decided(plan, decision, context));
  }

  private Future<Cleared> decided(SealedPlan plan, Decision decision, CallContext context) {
    String version = decision.policyVersion();
    if (decision.outcome() != Decision.Outcome.ALLOW) {
      return denied(plan, version, Executor.refusal(decision)).mapEmpty();
    }
    try {
      decisions.consume(decision, plan.digest());
      Executor.checkWanted(context);
    } catch (ChitinException refused) {
      return denied(plan, version, refused).mapEmpty();
    }
    AuditEvent.CallRef ref = ref(plan, version);
    return audit
        .authorize(
            new AuditEvent.ToolExecution(
                plan.plan().tool(), true, ref, new Phase.Authorized(decision.decisionId())),
            context.deadline())
        .compose(receipt -> authorized(plan, receipt, ref, context));
  }

  private Future<Cleared> authorized(
      SealedPlan plan, Receipt receipt, AuditEvent.CallRef ref, CallContext context) {
    long index = receipt.position().index();
    try {
      receipts.verify(receipt, plan.digest(), receipt.decisionId());
      Executor.checkWanted(context);
    } catch (ChitinException refused) {
      return notRun(new Cleared(plan, ref, List.of(), index), refused).mapEmpty();
    }
    return leases(plan.plan(), receipt, ref, context.deadline())
        .map(leases -> new Cleared(plan, ref, leases, index))
        .recover(
            failure ->
                notRun(new Cleared(plan, ref, List.of(), index), ChitinException.from(failure))
                    .mapEmpty());
  }

  private Future<List<Lease>> leases(
      ExecutionPlan plan, Receipt receipt, AuditEvent.CallRef ref, Deadline deadline) {
    Future<List<Lease>> leases = Future.succeededFuture(new ArrayList<>());
    for (CredentialRef credential : plan.credentials()) {
      leases = leases.compose(some -> leased(some, credential, plan, receipt, ref, deadline));
    }
    return leases;
  }

  private Future<List<Lease>> leased(
      List<Lease> some,
      CredentialRef credential,
      ExecutionPlan plan,
      Receipt receipt,
      AuditEvent.CallRef ref,
      Deadline deadline) {
    var request =
        new LeaseRequest(
            new SecretName(credential.name()),
            receipt.planDigest(),
            receipt.decisionId(),
            receipt,
            ref,
            Executor.binding(credential, plan.invocation()));
    return vault
        .lease(request, deadline)
        .map(
            lease -> {
              some.add(lease);
              return some;
            });
  }

  /** Records how what was cleared ended. */
  public Future<Void> ended(Cleared cleared, Phase phase) {
    return audit
        .append(
            new AuditEvent.ToolExecution(cleared.plan().plan().tool(), true, cleared.ref(), phase),
            Deadline.after(END_RECORD))
        .mapEmpty();
  }

  /** Records that what was cleared was not carried out, then fails with why. */
  public Future<Void> notRun(Cleared cleared, ChitinException reason) {
    return ended(cleared, new Phase.NotRun(reason.code().code()))
        .transform(recorded -> Future.failedFuture(reason));
  }

  private Future<Void> denied(SealedPlan plan, @Nullable String version, ChitinException reason) {
    Problem problem = reason.problem();
    return audit
        .append(
            new AuditEvent.ToolExecution(
                plan.plan().tool(),
                false,
                ref(plan, version),
                new Phase.Denied(problem.code().code(), problem.rule())),
            Deadline.after(END_RECORD))
        .compose(recorded -> Future.failedFuture(reason));
  }

  private static AuditEvent.CallRef ref(SealedPlan sealed, @Nullable String version) {
    ExecutionPlan plan = sealed.plan();
    Digest digest = sealed.digest();
    return new AuditEvent.CallRef(
        plan.callId(),
        plan.principal().tenant(),
        plan.principal().id(),
        plan.session(),
        digest,
        version);
  }
}
