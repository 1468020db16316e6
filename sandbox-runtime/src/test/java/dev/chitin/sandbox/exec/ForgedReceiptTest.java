package dev.chitin.sandbox.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.EntryMembers;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.CredentialRef;
import dev.chitin.policy.DecisionKey;
import dev.chitin.policy.DecisionSigner;
import dev.chitin.policy.LocalDecisionVerifier;
import dev.chitin.policy.SealedPlan;
import dev.chitin.policy.Verdict;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing is cleared on a receipt that the log did not give for this plan and this decision, and
 * the vault is not asked.
 */
class ForgedReceiptTest {
  private static final String NODE = AskPlan.NODE;

  @TempDir private Path directory = Path.of("/");
  private final DecisionKey key = DecisionKey.generate();
  private final DecisionSigner policy = new DecisionSigner(key, NODE);
  private final UnaskedVault vault = new UnaskedVault();
  private DurableAuditLog log;

  @BeforeEach
  void open() {
    log = DurableAuditLog.open(AuditSettings.of(directory.resolve("log"), NODE, "0"));
  }

  @AfterEach
  void close() {
    log.close();
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(30));
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static SealedPlan plan(String callId) {
    return AskPlan.of(callId, List.of());
  }

  /** A log that keeps what it is told and answers as {@code forger} has it. */
  private AuditLog answering(UnaryOperator<Receipt> forger) {
    return new AuditLog() {
      @Override
      public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
        return log.append(event, deadline);
      }

      @Override
      public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
        return log.authorize(event, deadline).map(forger);
      }
    };
  }

  private Clearance clearance(UnaryOperator<Receipt> forger) {
    return new Clearance(
        (plan, deadline) ->
            Future.succeededFuture(
                policy.sign(Verdict.allow(List.of("rule")), plan.digest(), "policy-1", deadline)),
        new LocalDecisionVerifier(key, NODE),
        answering(forger),
        log.receipts(),
        vault.vault());
  }

  private void assertRefused(SealedPlan plan, UnaryOperator<Receipt> forger) throws Exception {
    try {
      var cleared = get(clearance(forger).clear(plan, new CallContext(soon(), null)));
      throw new AssertionError("it was cleared: " + cleared);
    } catch (ExecutionException e) {
      assertThat(ChitinException.from(Objects.requireNonNull(e.getCause())).code())
          .isEqualTo(ProblemCode.AUDIT_RECEIPT_INVALID);
    }
    EntryMembers last = EntryMembers.of(log.reader().read(0, 1_000).getLast()).orElseThrow();
    assertThat(last.text("phase")).isEqualTo("NotRun");
    assertThat(last.text("callId")).isEqualTo(plan.plan().callId());
    assertThat(vault.asked()).as("times that the vault was asked").isZero();
  }

  @Test
  void theLogsOwnReceiptClears() throws Exception {
    var cleared =
        get(clearance(receipt -> receipt).clear(plan("c"), new CallContext(soon(), null)));
    assertThat(cleared.plan().plan().callId()).isEqualTo("c");
  }

  @Test
  void aReceiptOfAnotherPlanClearsNothing() throws Exception {
    Receipt other = genuine(plan("other").digest(), "decision");
    assertRefused(plan("c"), receipt -> other);
  }

  /** The same plan was allowed before; what was allowed now is another decision. */
  @Test
  void aReceiptOfAnotherDecisionClearsNothing() throws Exception {
    Receipt before = genuine(plan("c").digest(), "decision");
    assertRefused(plan("c"), receipt -> before);
  }

  @Test
  void aReceiptThatWasChangedClearsNothing() throws Exception {
    assertRefused(
        plan("c"),
        real ->
            new Receipt(
                real.origin(),
                new LogPosition(real.position().index() + 1, real.position().leafHash()),
                real.planDigest(),
                real.decisionId(),
                real.bootId(),
                real.expiresNanos(),
                real.mac()));
    assertRefused(
        plan("d"),
        real ->
            new Receipt(
                real.origin(),
                real.position(),
                real.planDigest(),
                real.decisionId(),
                real.bootId(),
                real.expiresNanos(),
                Bytes.EMPTY));
  }

  @Test
  void aPlanWithCredentialsGetsNoneOnAForgedReceipt() throws Exception {
    SealedPlan plan =
        AskPlan.of(
            "c",
            List.of(
                new CredentialRef(
                    "token", "https", "api.example", 443, "header", "authorization", "{}")));
    Receipt other = genuine(plan("other").digest(), "decision");
    assertRefused(plan, receipt -> other);
  }

  /** A receipt that the log gives for a plan and a decision. */
  private Receipt genuine(Digest plan, String decision) throws Exception {
    var call = new AuditEvent.CallRef("before", "default", "alice", null, plan, "policy-1");
    Receipt receipt =
        get(
            log.authorize(
                new AuditEvent.ToolExecution(
                    "ask", true, call, new AuditEvent.Phase.Authorized(decision)),
                soon()));
    log.receipts().verify(receipt, plan, decision);
    return receipt;
  }
}
