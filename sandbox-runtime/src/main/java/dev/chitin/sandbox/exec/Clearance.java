package dev.chitin.sandbox.exec;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.Receipt;
import dev.chitin.audit.ReceiptVerifier;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Decision;
import dev.chitin.policy.DecisionVerifier;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.PolicyEngine;
import dev.chitin.policy.SealedPlan;
import dev.chitin.vault.Lease;
import dev.chitin.vault.Vault;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a plan through the stations before it may be carried out: decide, spend the decision,
 * record durably, verify the receipt, lease. Whatever fails is recorded and ends it; nothing is
 * cleared without a spent decision and a receipt over the plan's digest and that decision.
 */
public final class Clearance {
  private final PolicyEngine policy;
  private final DecisionVerifier decisions;
  private final ReceiptVerifier receipts;
  private final CallRecords records;
  private final Leases leases;

  /**
   * @param policy decides
   * @param decisions spends decisions, each once
   * @param audit records
   * @param receipts verifies what the log gave
   * @param vault leases credentials
   */
  public Clearance(
      PolicyEngine policy,
      DecisionVerifier decisions,
      AuditLog audit,
      ReceiptVerifier receipts,
      Vault vault) {
    this.policy = policy;
    this.decisions = decisions;
    this.receipts = receipts;
    this.records = new CallRecords(audit);
    this.leases = new Leases(vault);
  }

  /**
   * A plan that may be carried out now, once. Its holder owes the log an end.
   *
   * @param plan as it was decided on
   * @param ref what its records name
   * @param leases one for each of the plan's credentials, in their order
   * @param auditIndex of the record that allows it
   */
  public record Cleared(SealedPlan plan, CallRef ref, List<Lease> leases, long auditIndex) {
    public Cleared {
      leases = List.copyOf(leases);
    }

    private String tool() {
      return plan.plan().tool();
    }
  }

  /** Who goes along with a plan. */
  interface Companion {
    Companion NONE = new Companion() {};

    /** Policy has answered, or failed. */
    default void decided() {}

    /**
     * The decision is spent, and is being recorded next; what is not the tool may be got ready.
     *
     * @throws ChitinException to have the plan refused
     */
    default void spent() {}

    /** The log has answered, or failed. */
    default void recorded() {}
  }

  CallRecords records() {
    return records;
  }

  /**
   * Clears {@code plan}.
   *
   * @return fails with the refusal of whichever station refused, or because that could not be
   *     recorded
   */
  public Future<Cleared> clear(SealedPlan plan, CallContext context) {
    return clear(plan, context, Companion.NONE);
  }

  Future<Cleared> clear(SealedPlan plan, CallContext context, Companion companion) {
    return policy
        .decide(plan, context.deadline())
        .onComplete(decided -> companion.decided())
        .recover(failure -> denied(plan, null, ChitinException.from(failure)))
        .compose(decision -> decided(plan, decision, context, companion));
  }

  private Future<Cleared> decided(
      SealedPlan plan, Decision decision, CallContext context, Companion companion) {
    String version = decision.policyVersion();
    if (decision.outcome() != Decision.Outcome.ALLOW) {
      return denied(plan, version, refusal(decision));
    }
    try {
      checkWanted(context); // First: at the deadline the decision expires too.
      decisions.consume(decision, plan.digest());
      companion.spent();
    } catch (ChitinException refused) {
      return denied(plan, version, cause(refused, context));
    }
    CallRef ref = ref(plan, version);
    return records
        .authorized(plan.plan().tool(), ref, decision.decisionId(), context.deadline())
        .onComplete(recorded -> companion.recorded())
        .recover(failure -> Future.failedFuture(cause(ChitinException.from(failure), context)))
        .compose(receipt -> authorized(plan, decision, receipt, ref, context));
  }

  private Future<Cleared> authorized(
      SealedPlan plan, Decision decision, Receipt receipt, CallRef ref, CallContext context) {
    var bare = new Cleared(plan, ref, List.of(), receipt.position().index());
    try {
      checkWanted(context); // First: at the deadline the receipt expires too.
      receipts.verify(receipt, plan.digest(), decision.decisionId());
    } catch (ChitinException refused) {
      return notRun(bare, refused);
    }
    return leases
        .take(plan.plan(), receipt, ref, context.deadline())
        .map(granted -> new Cleared(plan, ref, granted, bare.auditIndex()))
        .recover(failure -> notRun(bare, cause(ChitinException.from(failure), context)));
  }

  /** Records how what was cleared ended. */
  public Future<Void> ended(Cleared cleared, Phase phase) {
    return records.ended(cleared.tool(), cleared.ref(), phase);
  }

  /** Records that what was cleared was not carried out, then fails with why. */
  public <T> Future<T> notRun(Cleared cleared, ChitinException reason) {
    return records.notRun(cleared.tool(), cleared.ref(), reason);
  }

  private <T> Future<T> denied(SealedPlan plan, @Nullable String version, ChitinException reason) {
    return records.denied(plan.plan().tool(), ref(plan, version), reason);
  }

  private static CallRef ref(SealedPlan sealed, @Nullable String version) {
    ExecutionPlan plan = sealed.plan();
    return new CallRef(
        plan.callId(),
        plan.principal().tenant(),
        plan.principal().id(),
        plan.session(),
        sealed.digest(),
        version);
  }

  private static ChitinException refusal(Decision decision) {
    ProblemCode code = decision.code() == null ? ProblemCode.POLICY_NO_PERMIT : decision.code();
    String detail = decision.detail() == null ? code.title() + "." : decision.detail();
    Problem problem = Problem.of(code, detail);
    if (!decision.rules().isEmpty()) {
      problem = problem.withRule(decision.rules().getFirst());
    }
    if (decision.hint() != null) {
      problem = problem.withHint(decision.hint());
    }
    return problem.toException();
  }

  /**
   * What {@code refused} comes of: at the deadline the decision expires and the log gives up, and
   * there is nothing the matter with either.
   */
  private static ChitinException cause(ChitinException refused, CallContext context) {
    boolean byDeadline =
        refused.code() == ProblemCode.AUDIT_STALLED
            || "decision.expired".equals(refused.problem().rule());
    return byDeadline && context.deadline().expired() ? late().toException(refused) : refused;
  }

  private static Problem late() {
    return Problem.of(
        ProblemCode.DEADLINE_EXCEEDED, "The deadline passed before the tool started.");
  }

  /** Throws when nobody waits for the call any more. */
  static void checkWanted(CallContext context) {
    if (context.isCancelled()) {
      throw Problem.of(
              ProblemCode.CALL_CANCELLED, "The call was cancelled before the tool started.")
          .toException();
    }
    if (context.deadline().expired()) {
      throw late().toException();
    }
  }
}
