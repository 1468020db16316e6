package dev.chitin.gateway;

import dev.chitin.audit.AlertRaised;
import dev.chitin.audit.Approval;
import dev.chitin.audit.AuditAccess;
import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.KeyHandover;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.ConfigChange;
import dev.chitin.audit.DoctorResult;
import dev.chitin.audit.EgressEvent;
import dev.chitin.audit.LogPosition;
import dev.chitin.audit.PolicyChange;
import dev.chitin.audit.Receipt;
import dev.chitin.bus.Deadline;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Stands before the audit log, from which nothing can be taken back: texts that others chose, such
 * as names and sessions, go in without the secrets that are in use. That one is found is a defect
 * elsewhere and raises an alarm. Numbers, digests and fixed words pass as they are.
 */
final class CleanAuditLog implements AuditLog {
  private final AuditLog log;
  private volatile @Nullable LiveSecrets live;
  private volatile LongConsumer appended = nanos -> {};

  CleanAuditLog(AuditLog log) {
    this.log = log;
  }

  /** Looks for the secrets of {@code secrets} from now on: the vault that has them needs a log. */
  void guard(LiveSecrets secrets) {
    live = secrets;
  }

  /** Tells how long each entry took, in nanoseconds, from now on. */
  void timed(LongConsumer appended) {
    this.appended = appended;
  }

  @Override
  public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
    return timed(log.append(clean(event), deadline));
  }

  private <T> Future<T> timed(Future<T> entry) {
    long began = System.nanoTime();
    return entry.onComplete(done -> appended.accept(System.nanoTime() - began));
  }

  @Override
  public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
    return timed(log.authorize(clean(event), deadline));
  }

  private AuditEvent clean(AuditEvent event) {
    return switch (event) {
      case AuditEvent.CredentialAccess e ->
          new AuditEvent.CredentialAccess(
              text(e.provider()),
              e.success(),
              text(e.action()),
              text(e.tenant()),
              clean(e.call()),
              maybe(e.reason()));
      case AuditEvent.ToolExecution e -> clean(e);
      case AuditEvent.AuthFailure e ->
          new AuditEvent.AuthFailure(
              text(e.reason()), text(e.method()), maybe(e.keyId()), text(e.peer()), e.count());
      case AuditEvent.RateLimitExceeded e ->
          new AuditEvent.RateLimitExceeded(
              text(e.tier()), text(e.key()), e.requestsPerMinute(), e.burst(), e.count());
      case AuditEvent.Lifecycle e ->
          new AuditEvent.Lifecycle(
              text(e.action()),
              text(e.version()),
              maybe(e.detail()),
              e.build(),
              e.config(),
              e.unclean());
      case AuditEvent.LogEvent e ->
          new AuditEvent.LogEvent(text(e.action()), maybe(e.detail()), handover(e.handover()));
      case AuditEvent.KeyChange e ->
          new AuditEvent.KeyChange(
              text(e.action()), text(e.keyId()), text(e.name()), text(e.actor()));
      case AuditEvent.Session e ->
          new AuditEvent.Session(
              text(e.action()),
              text(e.session()),
              text(e.tenant()),
              text(e.principal()),
              maybe(e.reason()));
      case AuditEvent.SecretChange e ->
          new AuditEvent.SecretChange(
              text(e.action()), text(e.secret()), text(e.tenant()), text(e.actor()));
      case AuditEvent.VaultState e ->
          new AuditEvent.VaultState(
              text(e.action()),
              text(e.vault()),
              e.epoch(),
              e.manifest(),
              e.previous(),
              maybe(e.detail()));
      case AlertRaised e ->
          new AlertRaised(
              text(e.alert()),
              text(e.severity()),
              text(e.subject()),
              e.count(),
              e.windowSeconds(),
              e.lastIndex());
      case Approval e ->
          new Approval(
              text(e.action()),
              text(e.tool()),
              cleanCall(e.call()),
              maybe(e.decider()),
              maybe(e.method()),
              e.shown());
      case AuditAccess e ->
          new AuditAccess(
              text(e.action()),
              text(e.tenant()),
              text(e.actor()),
              maybe(e.subject()),
              e.from(),
              e.count());
      case ConfigChange e ->
          new ConfigChange(
              e.oldDigest(), e.newDigest(), text(e.actor()), texts(e.keys()), text(e.outcome()));
      case PolicyChange e ->
          new PolicyChange(
              e.oldDigest(), e.newDigest(), text(e.actor()), texts(e.keys()), text(e.outcome()));
      case DoctorResult e ->
          new DoctorResult(
              text(e.occasion()),
              e.sound(),
              e.controls().stream()
                  .map(c -> new DoctorResult.Control(text(c.name()), text(c.verdict())))
                  .toList());
      case EgressEvent e ->
          new EgressEvent(
              text(e.action()),
              cleanCall(e.call()),
              text(e.method()),
              text(e.host()),
              e.port(),
              maybe(e.path()),
              maybe(e.address()),
              e.status(),
              e.sentBytes(),
              e.receivedBytes(),
              maybe(e.code()));
    };
  }

  private AuditEvent.ToolExecution clean(AuditEvent.ToolExecution event) {
    CallRef call = event.call();
    return new AuditEvent.ToolExecution(
        text(event.tool()), event.allowed(), cleanCall(call), clean(event.phase()));
  }

  private @Nullable CallRef clean(@Nullable CallRef call) {
    return call == null ? null : cleanCall(call);
  }

  private CallRef cleanCall(CallRef call) {
    return new CallRef(
        text(call.callId()),
        text(call.tenant()),
        text(call.principal()),
        maybe(call.session()),
        call.planDigest(),
        maybe(call.policyVersion()));
  }

  private Phase clean(Phase phase) {
    return switch (phase) {
      case Phase.Authorized authorized -> new Phase.Authorized(text(authorized.decisionId()));
      case Phase.Denied denied -> new Phase.Denied(text(denied.code()), maybe(denied.rule()));
      case Phase.NotRun notRun -> new Phase.NotRun(text(notRun.code()));
      case Phase.Completed completed ->
          new Phase.Completed(
              text(completed.status()),
              completed.exitCode(),
              completed.stdoutBytes(),
              completed.stderrBytes(),
              completed.durationMillis(),
              completed.outputDigest(),
              texts(completed.limits()));
      case Phase.Relayed relayed ->
          new Phase.Relayed(
              text(relayed.status()),
              relayed.httpStatus(),
              maybe(relayed.model()),
              relayed.requestBytes(),
              relayed.responseBytes(),
              relayed.inputTokens(),
              relayed.outputTokens(),
              relayed.durationMillis(),
              relayed.responseDigest());
      case Phase.OutcomeUnknown unknown -> unknown;
    };
  }

  private List<String> texts(List<String> texts) {
    return texts.stream().map(this::text).toList();
  }

  private @Nullable KeyHandover handover(@Nullable KeyHandover keys) {
    return keys == null
        ? null
        : new KeyHandover(text(keys.vkey()), text(keys.oldVkey()), keys.until());
  }

  private @Nullable String maybe(@Nullable String text) {
    return text == null ? null : text(text);
  }

  private String text(String text) {
    LiveSecrets known = live;
    return known == null ? text : known.clean("audit", text);
  }
}
