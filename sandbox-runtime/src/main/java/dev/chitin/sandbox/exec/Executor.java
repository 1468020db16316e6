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
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.CredentialRef;
import dev.chitin.policy.Decision;
import dev.chitin.policy.DecisionVerifier;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.PolicyEngine;
import dev.chitin.policy.SealedPlan;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.sandbox.ToolResult;
import dev.chitin.sandbox.backend.Backend;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.Preparation;
import dev.chitin.sandbox.backend.PreparedCall;
import dev.chitin.sandbox.exec.CallObserver.Ending;
import dev.chitin.sandbox.exec.CallObserver.Observation;
import dev.chitin.sandbox.exec.CallObserver.Station;
import dev.chitin.sandbox.plan.PreparedPlan;
import dev.chitin.vault.Lease;
import dev.chitin.vault.LeaseBinding;
import dev.chitin.vault.LeaseRequest;
import dev.chitin.vault.SecretName;
import dev.chitin.vault.Vault;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Walks one call through its stations: plan, decide, spend the decision, record, lease, run,
 * record. Whatever fails before the run is recorded as a denial and ends the call; nothing runs
 * without a spent decision and a verified receipt over the plan's digest.
 */
public final class Executor {
  /** How long the record of an end may take when the call's own deadline has passed. */
  private static final Duration END_RECORD = Duration.ofSeconds(5);

  private final ToolRegistry registry;
  private final PlanFactory plans;
  private final PolicyEngine policy;
  private final DecisionVerifier decisions;
  private final AuditLog audit;
  private final ReceiptVerifier receipts;
  private final Vault vault;
  private final Map<String, Backend> backends;
  private final CallObserver observer;

  public Executor(
      ToolRegistry registry,
      PlanFactory plans,
      PolicyEngine policy,
      DecisionVerifier decisions,
      AuditLog audit,
      ReceiptVerifier receipts,
      Vault vault,
      Map<String, Backend> backends,
      CallObserver observer) {
    this.observer = observer;
    this.registry = registry;
    this.plans = plans;
    this.policy = policy;
    this.decisions = decisions;
    this.audit = audit;
    this.receipts = receipts;
    this.vault = vault;
    this.backends = Map.copyOf(backends);
  }

  /** Runs {@code call}; {@code sink} hears an empty piece once the tool may run. */
  public Future<ToolResult> execute(ToolCall call, OutputSink sink, CallContext context) {
    var tool = registry.find(call.tool()).map(ToolRegistry.RegisteredTool::definition);
    Observation seen = observer.begin(call, tool.orElse(null), context);
    if (tool.isEmpty()) {
      seen.ended(Ending.ERROR, ProblemCode.TOOL_UNKNOWN);
      return denied(
              call,
              null,
              null,
              Problem.of(ProblemCode.TOOL_UNKNOWN, "There is no tool of that name.").toException())
          .mapEmpty();
    }
    return plans
        .plan(tool.get(), call, context.deadline())
        .onComplete(planned -> seen.passed(Station.PLAN))
        .recover(failure -> denied(call, null, null, ChitinException.from(failure)).mapEmpty())
        .compose(plan -> decide(tool.get(), call, plan, sink, context, seen))
        .onSuccess(result -> seen.ended(Ending.ofStatus(result.status(), result.succeeded()), null))
        .onFailure(
            failure -> {
              ProblemCode code = ChitinException.from(failure).code();
              seen.ended(Ending.ofProblem(code), code);
            });
  }

  private Future<ToolResult> decide(
      ToolDefinition tool,
      ToolCall call,
      PreparedPlan plan,
      OutputSink sink,
      CallContext context,
      Observation seen) {
    SealedPlan sealed = plan.sealed();
    return policy
        .decide(sealed, context.deadline())
        .onComplete(decided -> seen.passed(Station.DECIDE))
        .recover(
            failure ->
                denied(call, sealed.digest(), null, ChitinException.from(failure)).mapEmpty())
        .compose(
            decision ->
                decision.outcome() == Decision.Outcome.ALLOW
                    ? authorize(tool, call, plan, decision, sink, context, seen)
                    : denied(call, sealed.digest(), decision.policyVersion(), refusal(decision))
                        .mapEmpty());
  }

  static ChitinException refusal(Decision decision) {
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

  private Future<ToolResult> authorize(
      ToolDefinition tool,
      ToolCall call,
      PreparedPlan plan,
      Decision decision,
      OutputSink sink,
      CallContext context,
      Observation seen) {
    Digest digest = plan.sealed().digest();
    String version = decision.policyVersion();
    Preparation ready;
    try {
      decisions.consume(decision, digest);
      checkWanted(context);
      ready = prepare(call, plan, context);
    } catch (ChitinException refused) {
      return denied(call, digest, version, refused).mapEmpty();
    }
    AuditEvent.CallRef ref = ref(call, digest, version);
    return audit
        .authorize(
            new AuditEvent.ToolExecution(
                tool.name(), true, ref, new Phase.Authorized(decision.decisionId())),
            context.deadline())
        .onComplete(recorded -> seen.passed(Station.AUDIT))
        .compose(
            receipt ->
                lease(tool, plan.sealed().plan(), decision, receipt, ref, context)
                    .compose(
                        leases ->
                            run(
                                tool, call, digest, ready, leases, receipt, ref, sink, context,
                                seen)))
        .onFailure(failure -> ready.abandon());
  }

  /** While the authorization is made durable, the backend gets ready what is not the tool. */
  private Preparation prepare(ToolCall call, PreparedPlan plan, CallContext context) {
    Backend backend = backends.get(plan.sealed().plan().backend());
    if (backend == null) {
      throw Problem.of(ProblemCode.SANDBOX_UNAVAILABLE, "The tool's backend is not there.")
          .toException();
    }
    return backend.prepare(
        new PreparedCall(
            plan.sealed(), call.arguments(), plan.environment(), plan.stdin(), List.of()),
        context);
  }

  /** One lease for each credential of the plan, one after the other; a refusal ends the call. */
  private Future<List<Lease>> lease(
      ToolDefinition tool,
      ExecutionPlan plan,
      Decision decision,
      Receipt receipt,
      AuditEvent.CallRef ref,
      CallContext context) {
    Future<List<Lease>> leases = Future.succeededFuture(new ArrayList<>());
    for (CredentialRef credential : plan.credentials()) {
      leases =
          leases.compose(
              granted ->
                  vault
                      .lease(
                          new LeaseRequest(
                              new SecretName(credential.name()),
                              receipt.planDigest(),
                              decision.decisionId(),
                              receipt,
                              ref,
                              binding(credential, plan.invocation())),
                          context.deadline())
                      .map(
                          lease -> {
                            granted.add(lease);
                            return granted;
                          }));
    }
    return leases.recover(failure -> notRun(tool, ref, ChitinException.from(failure)).mapEmpty());
  }

  /** Where the plan puts the credential; a plan that makes no request puts it nowhere. */
  static LeaseBinding binding(CredentialRef credential, Invocation invocation) {
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

  private Future<ToolResult> run(
      ToolDefinition tool,
      ToolCall call,
      Digest digest,
      Preparation ready,
      List<Lease> leases,
      Receipt receipt,
      AuditEvent.CallRef ref,
      OutputSink sink,
      CallContext context,
      Observation seen) {
    try {
      receipts.verify(receipt, digest, receipt.decisionId());
      checkWanted(context);
    } catch (ChitinException refused) {
      return notRun(tool, ref, refused).mapEmpty();
    }
    long started = System.nanoTime();
    return sink.write(OutputChunk.started())
        .onComplete(heard -> seen.passed(Station.START))
        .transform(heard -> ready.start(leases, sink))
        .onComplete(ran -> seen.passed(Station.RUN))
        .recover(failure -> notRun(tool, ref, ChitinException.from(failure)).mapEmpty())
        .compose(
            outcome -> {
              long millis = Duration.ofNanos(System.nanoTime() - started).toMillis();
              return completed(tool, ref, outcome, millis)
                  .map(done -> result(call, outcome, millis, receipt.position().index()));
            });
  }

  static void checkWanted(CallContext context) {
    if (context.isCancelled()) {
      throw Problem.of(ProblemCode.CALL_CANCELLED, "The caller left before the tool started.")
          .toException();
    }
    if (context.deadline().expired()) {
      throw Problem.of(
              ProblemCode.DEADLINE_EXCEEDED, "The deadline passed before the tool started.")
          .toException();
    }
  }

  private Future<Void> completed(
      ToolDefinition tool, AuditEvent.CallRef ref, Outcome outcome, long millis) {
    var phase =
        new Phase.Completed(
            outcome.status(),
            outcome.exitCode(),
            outcome.stdoutBytes(),
            outcome.stderrBytes(),
            millis,
            OutputDigest.of(outcome),
            StruckLimits.of(outcome));
    return audit
        .append(
            new AuditEvent.ToolExecution(tool.name(), true, ref, phase), Deadline.after(END_RECORD))
        .mapEmpty();
  }

  /** Records that an authorized call did not run, then fails with why. */
  private Future<Void> notRun(ToolDefinition tool, AuditEvent.CallRef ref, ChitinException reason) {
    var event =
        new AuditEvent.ToolExecution(
            tool.name(), true, ref, new Phase.NotRun(reason.code().code()));
    return audit
        .append(event, Deadline.after(END_RECORD))
        .transform(recorded -> Future.failedFuture(reason));
  }

  /**
   * Records that a call was refused, then fails with why, or because that could not be recorded.
   */
  private Future<Void> denied(
      ToolCall call,
      @Nullable Digest digest,
      @Nullable String policyVersion,
      ChitinException reason) {
    Problem problem = reason.problem();
    var event =
        new AuditEvent.ToolExecution(
            call.tool(),
            false,
            ref(call, digest, policyVersion),
            new Phase.Denied(problem.code().code(), problem.rule()));
    return audit
        .append(event, Deadline.after(END_RECORD))
        .compose(recorded -> Future.failedFuture(reason));
  }

  private static AuditEvent.CallRef ref(
      ToolCall call, @Nullable Digest digest, @Nullable String policyVersion) {
    return new AuditEvent.CallRef(
        call.callId(),
        call.principal().tenant(),
        call.principal().id(),
        call.session(),
        digest,
        policyVersion);
  }

  private static ToolResult result(ToolCall call, Outcome outcome, long millis, long auditIndex) {
    return new ToolResult(
        call.callId(),
        outcome.status(),
        outcome.exitCode(),
        outcome.stdout(),
        outcome.stderr(),
        outcome.output(),
        outcome.truncated(),
        outcome.stdoutBytes(),
        outcome.stderrBytes(),
        millis,
        auditIndex,
        outcome.notes(),
        outcome.files());
  }
}
