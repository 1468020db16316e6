package dev.chitin.audit;

import dev.chitin.bus.Digest;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the log records: one sealed family, so that a new kind has to say which of its fields may
 * stand in clear. Names are those of the security model. No member ever holds an argument, an
 * output or a secret.
 */
public sealed interface AuditEvent
    permits AuditEvent.CredentialAccess,
        AuditEvent.ToolExecution,
        AuditEvent.AuthFailure,
        AuditEvent.RateLimitExceeded,
        AuditEvent.Lifecycle,
        AuditEvent.LogEvent,
        AuditEvent.KeyChange,
        AuditEvent.Session,
        AuditEvent.SecretChange,
        AuditEvent.VaultState,
        AlertRaised,
        Approval,
        AuditAccess,
        ConfigChange,
        DoctorResult,
        EgressEvent,
        PolicyChange {

  /** The names of all kinds, by the alphabet. */
  static List<String> kinds() {
    Class<?>[] kinds = Objects.requireNonNull(AuditEvent.class.getPermittedSubclasses());
    return Stream.of(kinds).map(Class::getSimpleName).sorted().toList();
  }

  /** The kind's name as it stands in the entry. */
  default String kind() {
    return getClass().getSimpleName();
  }

  /**
   * A secret was leased, used or refused.
   *
   * @param provider the secret's name
   * @param success whether access was given
   * @param action {@code lease}, {@code use} or {@code refuse}
   * @param call the call on whose behalf, or null outside calls
   * @param reason a problem code when refused, else null
   */
  record CredentialAccess(
      String provider,
      boolean success,
      String action,
      String tenant,
      @Nullable CallRef call,
      @Nullable String reason)
      implements AuditEvent {}

  /**
   * A station in the life of one call.
   *
   * @param tool the tool's name
   * @param allowed whether policy allowed the call
   * @param call which call
   * @param phase what happened
   */
  record ToolExecution(String tool, boolean allowed, CallRef call, Phase phase)
      implements AuditEvent {}

  /**
   * Somebody did not get in. Many within seconds may share one event.
   *
   * @param reason a problem code
   * @param method {@code api_key}, {@code jwt}, {@code certificate} or {@code none}
   * @param keyId the id part of the presented key when it has the form of one, else null
   * @param peer the socket's peer address
   * @param count how many times
   */
  record AuthFailure(String reason, String method, @Nullable String keyId, String peer, long count)
      implements AuditEvent {}

  /**
   * Somebody asked too often; one event for all requests of one key within a second.
   *
   * @param tier {@code address}, {@code health} or {@code principal}
   * @param key the peer's address or network, or the principal
   * @param requestsPerMinute the limit's rate
   * @param burst the limit's burst
   * @param count how many requests were refused
   */
  record RateLimitExceeded(String tier, String key, long requestsPerMinute, long burst, long count)
      implements AuditEvent {}

  /**
   * The gateway started or stopped.
   *
   * @param action {@code start}, {@code stop}, or {@code recover} when a start found an unclean
   *     stop
   * @param version Chitin's version
   * @param detail one short sentence, or null
   * @param build digest of what is running, or null where it is not known
   * @param config digest of the configuration in force, or null before it counts
   * @param unclean what an unclean stop left, at the start that found it; else null
   */
  record Lifecycle(
      String action,
      String version,
      @Nullable String detail,
      @Nullable Digest build,
      @Nullable Digest config,
      @Nullable UncleanStop unclean)
      implements AuditEvent {

    /** An event that tells nothing more. */
    public Lifecycle(String action, String version, @Nullable String detail) {
      this(action, version, detail, null, null, null);
    }
  }

  /**
   * What a start found after an unclean stop.
   *
   * @param entries how many entries stood
   * @param openCalls how many calls were authorized and had no end
   * @param tornBytes bytes of an unfinished frame that were cut, 0 for none
   */
  record UncleanStop(long entries, long openCalls, long tornBytes) {}

  /**
   * The log speaks of itself.
   *
   * @param action {@code heartbeat}: an hour in which nothing else need have happened; {@code
   *     segment_roll}, {@code pruned}, {@code key_rotated}, {@code key_retired}, {@code gap},
   *     {@code clock_step}
   * @param detail one short sentence, or null
   * @param handover from which signing key to which, for {@code key_rotated} and {@code
   *     key_retired}; else null
   */
  record LogEvent(String action, @Nullable String detail, @Nullable KeyHandover handover)
      implements AuditEvent {

    /** An event that is not about keys. */
    public LogEvent(String action, @Nullable String detail) {
      this(action, detail, null);
    }
  }

  /**
   * One key of the log takes another's place; see {@link KeyRotation}.
   *
   * @param vkey verifier key of the new one
   * @param oldVkey verifier key of the old one
   * @param until when the old one ends to sign, milliseconds since 1970
   */
  record KeyHandover(String vkey, String oldVkey, long until) {}

  /**
   * A gateway key was made or revoked, or tokens of an issuer were revoked or taken back.
   *
   * @param action {@code create}, {@code rotate} or {@code revoke}; {@code revoke_token} or {@code
   *     restore_token}
   * @param keyId the key's id; for tokens {@code jti} or {@code sub}
   * @param name the key's principal; for tokens the claim's value
   * @param actor who did it
   */
  record KeyChange(String action, String keyId, String name, String actor) implements AuditEvent {}

  /**
   * A caller's session began or ended.
   *
   * @param action {@code open}, {@code close} or {@code expire}
   * @param session its id, which is nothing without its credential
   * @param reason why it ended: {@code idle}, {@code absolute}, {@code credential}, {@code
   *     displaced}; else null
   */
  record Session(
      String action, String session, String tenant, String principal, @Nullable String reason)
      implements AuditEvent {}

  /**
   * A secret was stored, changed, removed or taken along.
   *
   * @param action {@code put}, {@code rotate}, {@code delete}, {@code prune}, {@code enable},
   *     {@code disable}, {@code export} or {@code import}
   * @param actor who did it
   */
  record SecretChange(String action, String secret, String tenant, String actor)
      implements AuditEvent {}

  /**
   * The vault's files changed, or did not open. A commit is announced with the digest of its
   * manifest before it takes effect: whoever reads the log knows which state has to be on disk.
   *
   * @param action {@code vault.intent}, {@code vault.committed}, {@code vault.recovered}, {@code
   *     vault.accepted}, {@code vault.closed}, {@code vault.rollback_detected} or {@code
   *     vault.unlock_failed}
   * @param vault the vault's random id, hex
   * @param epoch which commit
   * @param manifest digest of the manifest's file after it, or null when there is none
   * @param previous digest of the manifest's file before it, or null when there was none
   * @param detail one short sentence, or null
   */
  record VaultState(
      String action,
      String vault,
      long epoch,
      @Nullable Digest manifest,
      @Nullable Digest previous,
      @Nullable String detail)
      implements AuditEvent {}

  /**
   * What every event of one call names.
   *
   * @param planDigest null when the call was refused before there was a plan
   * @param policyVersion null when the call was refused before there was a decision
   */
  record CallRef(
      String callId,
      String tenant,
      String principal,
      @Nullable String session,
      @Nullable Digest planDigest,
      @Nullable String policyVersion) {}

  /** What happened to the call. */
  sealed interface Phase {

    /** The record that must be durable before anything runs. */
    record Authorized(String decisionId) implements Phase {}

    /** Refused before it ran: by the planner, by policy, or because a precondition failed. */
    record Denied(String code, @Nullable String rule) implements Phase {}

    /** It was authorized and then did not run. */
    record NotRun(String code) implements Phase {}

    /**
     * It ran and ended.
     *
     * @param status the outcome's name
     * @param exitCode null when there was none
     * @param stdoutBytes bytes seen, not only those kept
     * @param stderrBytes bytes seen, not only those kept
     * @param outputDigest over the kept output
     * @param limits names of the limits that struck, empty when none did
     */
    record Completed(
        String status,
        @Nullable Integer exitCode,
        long stdoutBytes,
        long stderrBytes,
        long durationMillis,
        Digest outputDigest,
        List<String> limits)
        implements Phase {
      public Completed {
        limits = List.copyOf(limits);
      }

      /** An end at which no limit struck. */
      public Completed(
          String status,
          @Nullable Integer exitCode,
          long stdoutBytes,
          long stderrBytes,
          long durationMillis,
          Digest outputDigest) {
        this(status, exitCode, stdoutBytes, stderrBytes, durationMillis, outputDigest, List.of());
      }
    }

    /**
     * A request to a model provider ended; nothing of what was said is held.
     *
     * @param status {@code completed}, {@code provider_error}, {@code cancelled}, {@code cut},
     *     {@code timeout}, {@code withheld} or {@code unreached}
     * @param httpStatus of the provider's answer, null when none came
     * @param model as the request names it, null where it names none
     * @param requestBytes of the body that was sent
     * @param responseBytes of the body that came, as far as it did
     * @param inputTokens as the provider reports them, null when it did not
     * @param outputTokens likewise
     * @param responseDigest over the bytes that were handed to the caller
     */
    record Relayed(
        String status,
        @Nullable Integer httpStatus,
        @Nullable String model,
        long requestBytes,
        long responseBytes,
        @Nullable Long inputTokens,
        @Nullable Long outputTokens,
        long durationMillis,
        Digest responseDigest)
        implements Phase {}

    /** A start found it authorized and without an end. */
    record OutcomeUnknown() implements Phase {}
  }
}
