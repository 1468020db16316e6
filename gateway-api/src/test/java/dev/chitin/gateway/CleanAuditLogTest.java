package dev.chitin.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AlertRaised;
import dev.chitin.audit.Approval;
import dev.chitin.audit.AuditAccess;
import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.ConfigChange;
import dev.chitin.audit.DoctorResult;
import dev.chitin.audit.EgressEvent;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.PolicyChange;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Future;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No text field of any event takes a secret into the log. */
class CleanAuditLogTest {
  private static final String SECRET = LeakedForms.secret();
  private static final Digest DIGEST = Digest.ofUtf8("x");
  private static final Deadline LATER = Deadline.after(Duration.ofMinutes(1));

  private final LiveSecrets live = new LiveSecrets();
  private final List<AuditEvent> recorded = new ArrayList<>();
  private final CleanAuditLog log = new CleanAuditLog(new Recording());

  private final class Recording implements AuditLog {
    @Override
    public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
      recorded.add(event);
      return Future.succeededFuture(new LogPosition(0, DIGEST));
    }

    @Override
    public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
      recorded.add(event);
      return Future.failedFuture("no receipt is needed here");
    }
  }

  static List<String> forms() {
    return LeakedForms.of(SECRET);
  }

  @BeforeEach
  void remember() {
    live.remember("t a 1", MemorySegment.ofArray(SECRET.getBytes(UTF_8)));
    log.guard(live);
  }

  @AfterEach
  void close() {
    live.close();
  }

  /** Every kind of event, with {@code s} wherever a text may stand. */
  private static List<AuditEvent> events(String s) {
    var call = new CallRef(s, s, s, s, DIGEST, s);
    Stream<Phase> phases =
        Stream.of(
            new Phase.Authorized(s),
            new Phase.Denied(s, s),
            new Phase.NotRun(s),
            new Phase.Completed(s, 0, 1, 2, 3, DIGEST, List.of(s)),
            new Phase.OutcomeUnknown());
    return Stream.<AuditEvent>concat(
            phases.map(phase -> new AuditEvent.ToolExecution(s, true, call, phase)),
            Stream.of(
                new AuditEvent.CredentialAccess(s, false, s, s, call, s),
                new AuditEvent.AuthFailure(s, s, s, s, 1),
                new AuditEvent.RateLimitExceeded(s, s, 1, 2, 3),
                new AuditEvent.Lifecycle(s, s, s),
                new AuditEvent.LogEvent(s, s, new AuditEvent.KeyHandover(s, s, 1)),
                new AuditEvent.KeyChange(s, s, s, s),
                new AuditEvent.Session(s, s, s, s, s),
                new AuditEvent.SecretChange(s, s, s, s),
                new AuditEvent.VaultState(s, s, 1, DIGEST, DIGEST, s),
                new AlertRaised(s, s, s, 1, 2, 3),
                new Approval(s, s, call, s, s, DIGEST),
                new AuditAccess(s, s, s, s, 1, 2),
                new ConfigChange(DIGEST, DIGEST, s, List.of(s), s),
                new PolicyChange(DIGEST, DIGEST, s, List.of(s), s),
                new DoctorResult(s, true, List.of(new DoctorResult.Control(s, s))),
                new EgressEvent(s, call, s, s, 1, s, s, 2, 3, 4, s)))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("forms")
  void aSecretInAnyFieldIsTakenOut(String form) {
    List<AuditEvent> events = events(form);
    assertThat(events.stream().map(Object::getClass).distinct())
        .as("every kind of event")
        .hasSize(AuditEvent.class.getPermittedSubclasses().length);
    events.forEach(event -> assertThat(log.append(event, LATER).succeeded()).isTrue());
    log.authorize((AuditEvent.ToolExecution) events.getFirst(), LATER);
    assertThat(recorded).hasSize(events.size() + 1);
    for (AuditEvent event : recorded) {
      assertThat(event.toString()).contains("[chitin:redacted]").doesNotContain(form);
      LeakedForms.assertNone(event.toString(), SECRET);
    }
    assertThat(live.alarms()).isPositive();
  }

  @Test
  void whatHoldsNoneIsRecordedAsItIs() {
    List<AuditEvent> events = events("a text");
    events.forEach(event -> log.append(event, LATER));
    assertThat(recorded).isEqualTo(events);
    assertThat(live.alarms()).isZero();
  }
}
