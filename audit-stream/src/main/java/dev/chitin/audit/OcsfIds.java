package dev.chitin.audit;

import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.bus.json.JsonValue;
import org.jspecify.annotations.Nullable;

/**
 * What an event is in the Open Cybersecurity Schema Framework, version 1.8.0.
 *
 * @param classUid its class
 * @param activity of that class; 0 unknown, 99 other
 * @param severity 1 informational to 5 critical
 * @param status 1 success, 2 failure, 0 unknown
 * @param code stable code of the outcome, or null
 */
record OcsfIds(int classUid, int activity, int severity, int status, @Nullable String code) {
  private static final int OTHER = 99;
  private static final int SUCCESS = 1;
  private static final int FAILURE = 2;
  private static final int ACCOUNT_CHANGE = 3001;
  private static final int AUTHENTICATION = 3002;
  private static final int ENTITY_MANAGEMENT = 3004;
  private static final int PROCESS = 1007;
  private static final int COMPLIANCE = 2003;
  private static final int DETECTION = 2004;
  private static final int HTTP = 4002;
  private static final int CONFIG_STATE = 5019;
  private static final int LIFECYCLE = 6002;
  private static final int API = 6003;
  private static final int DATASTORE = 6005;

  static OcsfIds of(AuditEvent event) {
    return switch (event) {
      case AuditEvent.ToolExecution e -> of(e.phase());
      case AuditEvent.CredentialAccess e -> outcome(API, 2, e.success(), 3, e.reason());
      case AuditEvent.AuthFailure e -> new OcsfIds(AUTHENTICATION, 1, 3, FAILURE, e.reason());
      case AuditEvent.RateLimitExceeded e -> new OcsfIds(API, OTHER, 2, FAILURE, e.tier());
      case AuditEvent.Lifecycle e -> done(LIFECYCLE, lifecycle(e.action()), e.action());
      case AuditEvent.LogEvent e -> done(LIFECYCLE, OTHER, e.action());
      case AuditEvent.KeyChange e -> done(ACCOUNT_CHANGE, account(e.action()), e.action());
      case AuditEvent.Session e ->
          done(AUTHENTICATION, e.action().equals("open") ? 1 : 2, e.action());
      case AuditEvent.SecretChange e -> done(ENTITY_MANAGEMENT, entity(e.action()), e.action());
      case AuditEvent.VaultState e -> vault(e.action());
      case AlertRaised e -> new OcsfIds(DETECTION, 1, severity(e.severity()), SUCCESS, e.alert());
      case Approval e -> done(ENTITY_MANAGEMENT, approval(e.action()), e.action());
      case AuditAccess e -> done(API, e.action().equals("shred") ? 4 : 2, e.action());
      case ConfigChange e ->
          outcome(CONFIG_STATE, 1, e.outcome().equals(ConfigChange.APPLIED), 3, e.outcome());
      case PolicyChange e ->
          outcome(ENTITY_MANAGEMENT, 3, e.outcome().equals(PolicyChange.APPLIED), 3, e.outcome());
      case DoctorResult e -> outcome(COMPLIANCE, 1, e.sound(), 4, e.occasion());
      case EgressEvent e ->
          outcome(HTTP, method(e.method()), e.action().equals("allowed"), 3, e.code());
    };
  }

  static OcsfIds of(Phase phase) {
    return switch (phase) {
      case Phase.Authorized p -> done(API, 1, null);
      case Phase.Denied p -> new OcsfIds(API, 1, 2, FAILURE, p.code());
      case Phase.NotRun p -> new OcsfIds(API, 1, 2, FAILURE, p.code());
      case Phase.Completed p ->
          outcome(PROCESS, 2, Integer.valueOf(0).equals(p.exitCode()), 1, p.status());
      case Phase.Relayed p -> outcome(API, 1, p.status().equals("completed"), 1, p.status());
      case Phase.OutcomeUnknown p -> new OcsfIds(PROCESS, 2, 3, 0, "outcome_unknown");
    };
  }

  private static OcsfIds done(int classUid, int activity, @Nullable String code) {
    return new OcsfIds(classUid, activity, 1, SUCCESS, code);
  }

  private static OcsfIds outcome(
      int classUid, int activity, boolean success, int otherwise, @Nullable String code) {
    return success
        ? done(classUid, activity, code)
        : new OcsfIds(classUid, activity, otherwise, FAILURE, code);
  }

  private static OcsfIds vault(String action) {
    return switch (action) {
      case "vault.unlock_failed" -> new OcsfIds(DATASTORE, 3, 4, FAILURE, action);
      case "vault.rollback_detected" -> new OcsfIds(DATASTORE, 3, 5, FAILURE, action);
      case "vault.intent", "vault.committed" -> done(DATASTORE, 2, action);
      default -> done(DATASTORE, OTHER, action);
    };
  }

  private static int lifecycle(String action) {
    return switch (action) {
      case "start" -> 3;
      case "stop" -> 4;
      default -> OTHER;
    };
  }

  private static int account(String action) {
    return switch (action) {
      case "create" -> 1;
      case "restore_token" -> 2;
      case "rotate" -> 3;
      case "revoke_token" -> 5;
      case "revoke" -> 6;
      default -> OTHER;
    };
  }

  private static int entity(String action) {
    return switch (action) {
      case "put", "import" -> 1;
      case "export" -> 2;
      case "rotate" -> 3;
      case "delete", "prune" -> 4;
      case "enable" -> 8;
      case "disable" -> 9;
      default -> OTHER;
    };
  }

  private static int approval(String action) {
    return switch (action) {
      case "requested" -> 1;
      case "approved" -> 10;
      case "denied", "expired" -> 11;
      default -> OTHER;
    };
  }

  private static int method(String method) {
    return switch (method) {
      case "CONNECT" -> 1;
      case "DELETE" -> 2;
      case "GET" -> 3;
      case "HEAD" -> 4;
      case "OPTIONS" -> 5;
      case "POST" -> 6;
      case "PUT" -> 7;
      case "TRACE" -> 8;
      case "PATCH" -> 9;
      default -> OTHER;
    };
  }

  private static int severity(String word) {
    return switch (word) {
      case "low" -> 2;
      case "medium" -> 3;
      case "high" -> 4;
      case "critical" -> 5;
      default -> 1;
    };
  }

  void into(JsonValue.Builder entry) {
    entry
        .put("class_uid", classUid)
        .put("activity_id", activity)
        .put("type_uid", classUid * 100L + activity)
        .put("severity_id", severity)
        .put("status_id", status)
        .put("status_code", code == null ? null : BoundedText.of(code, 128));
  }
}
