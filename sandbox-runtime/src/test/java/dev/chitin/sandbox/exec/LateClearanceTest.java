package dev.chitin.sandbox.exec;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.EntryMembers;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Decision;
import dev.chitin.policy.DecisionKey;
import dev.chitin.policy.DecisionSigner;
import dev.chitin.policy.LocalDecisionVerifier;
import dev.chitin.policy.PolicyEngine;
import dev.chitin.policy.SealedPlan;
import dev.chitin.policy.Verdict;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * A call whose deadline passes on the way says so, whichever station was the first to notice; and
 * what the log does not take is told to the operator.
 */
class LateClearanceTest {
  private static final String NODE = AskPlan.NODE;

  @TempDir private Path directory = Path.of("/");
  private final DecisionKey key = DecisionKey.generate();
  private final DecisionSigner signer = new DecisionSigner(key, NODE);
  private final Logger logger = logger();
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private DurableAuditLog log;

  @BeforeEach
  void open() {
    log = DurableAuditLog.open(AuditSettings.of(directory.resolve("log"), NODE, "0"));
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void close() {
    logger.detachAppender(logged);
    log.close();
  }

  /** While another test has logging begin there is a stand-in for it. */
  private static Logger logger() {
    var found = LoggerFactory.getLogger(CallRecords.class);
    while (!(found instanceof Logger)) {
      Thread.onSpinWait();
      found = LoggerFactory.getLogger(CallRecords.class);
    }
    return (Logger) found;
  }

  private static SealedPlan plan() {
    return AskPlan.of("c", List.of());
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(30));
  }

  private static Deadline passed() {
    return Deadline.after(Duration.ofSeconds(-1));
  }

  private static ChitinException stalled() {
    return Problem.of(ProblemCode.AUDIT_STALLED, "Too late.").toException();
  }

  private Decision signed(SealedPlan plan, Deadline deadline) {
    return signer.sign(Verdict.allow(List.of("rule")), plan.digest(), "policy-1", deadline);
  }

  /** What {@code plan} is refused with. */
  private ChitinException refusal(PolicyEngine policy, AuditLog audit, Deadline deadline) {
    var clearance =
        new Clearance(
            policy,
            new LocalDecisionVerifier(key, NODE),
            audit,
            log.receipts(),
            new UnaskedVault().vault());
    try {
      var cleared =
          clearance
              .clear(plan(), new CallContext(deadline, null))
              .toCompletionStage()
              .toCompletableFuture()
              .get(60, TimeUnit.SECONDS);
      throw new AssertionError("it was cleared: " + cleared);
    } catch (Exception e) {
      return ChitinException.from(e.getCause() == null ? e : e.getCause());
    }
  }

  private List<EntryMembers> entries() throws Exception {
    return log.reader().read(0, 1_000).stream()
        .flatMap(entry -> EntryMembers.of(entry).stream())
        .toList();
  }

  /** A log that fails to authorize, once the call's time is over or before. */
  private AuditLog stalling() {
    return new AuditLog() {
      @Override
      public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
        return log.append(event, deadline);
      }

      @Override
      public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
        while (!deadline.expired() && deadline.remainingMillis() < 1_000) {
          Thread.onSpinWait();
        }
        return Future.failedFuture(stalled());
      }
    };
  }

  @Test
  void aDecisionThatExpiredWithTheCallIsNoDenial() throws Exception {
    ChitinException refused =
        refusal((plan, deadline) -> Future.succeededFuture(signed(plan, deadline)), log, passed());
    assertThat(refused.code()).isEqualTo(ProblemCode.DEADLINE_EXCEEDED);
    assertThat(entries().getLast().text("code")).isEqualTo("deadline.exceeded");
  }

  @Test
  void aDecisionThatExpiredBeforeTheCallIsNone() {
    ChitinException refused =
        refusal((plan, deadline) -> Future.succeededFuture(signed(plan, passed())), log, soon());
    assertThat(refused.code()).isEqualTo(ProblemCode.POLICY_DECISION_INVALID);
  }

  @Test
  void aLogThatGaveUpAtTheDeadlineOfTheCallIsNotToBlame() {
    ChitinException refused =
        refusal(
            (plan, deadline) -> Future.succeededFuture(signed(plan, soon())),
            stalling(),
            Deadline.after(Duration.ofMillis(100)));
    assertThat(refused.code()).isEqualTo(ProblemCode.DEADLINE_EXCEEDED);
  }

  @Test
  void aLogThatGaveUpBeforeIs() {
    ChitinException refused =
        refusal(
            (plan, deadline) -> Future.succeededFuture(signed(plan, deadline)), stalling(), soon());
    assertThat(refused.code()).isEqualTo(ProblemCode.AUDIT_STALLED);
  }

  /** A log that takes authorizations and no ends. */
  @Test
  void anEndThatTheLogDoesNotTakeIsTold() {
    AuditLog endless =
        new AuditLog() {
          @Override
          public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
            return Future.failedFuture(stalled());
          }

          @Override
          public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
            return log.authorize(event, soon())
                .map(
                    real ->
                        new Receipt(
                            real.origin(),
                            real.position(),
                            real.planDigest(),
                            "another",
                            real.bootId(),
                            real.expiresNanos(),
                            real.mac()));
          }
        };
    ChitinException refused =
        refusal(
            (plan, deadline) -> Future.succeededFuture(signed(plan, deadline)), endless, soon());
    assertThat(refused.code()).isEqualTo(ProblemCode.AUDIT_RECEIPT_INVALID);
    assertThat(logged.list)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage)
        .asString()
        .contains("c: it did not run (audit.receipt_invalid)")
        .contains("audit.stalled");
  }
}
