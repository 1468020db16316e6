package dev.chitin.bus;

/**
 * Every stable error code of Chitin with its HTTP status and title, listed once.
 *
 * <p>A code is dotted lower case and never changes its meaning; the problem type on the wire is
 * {@code urn:chitin:problem:<code>} (RFC 9457).
 */
public enum ProblemCode {
  REQUEST_MALFORMED("request.malformed", 400, "The request is malformed"),
  REQUEST_UNKNOWN_FIELD("request.unknown_field", 400, "The request has an unknown field"),
  REQUEST_NOT_FOUND("request.not_found", 404, "There is nothing here"),
  REQUEST_METHOD_NOT_ALLOWED("request.method_not_allowed", 405, "The method is not allowed here"),
  REQUEST_NOT_ACCEPTABLE("request.not_acceptable", 406, "No acceptable representation"),
  REQUEST_TIMEOUT("request.timeout", 408, "The request took too long to arrive"),
  REQUEST_TOO_LARGE("request.too_large", 413, "The request body is too large"),
  REQUEST_URI_TOO_LONG("request.uri_too_long", 414, "The request target is too long"),
  REQUEST_UNSUPPORTED_MEDIA_TYPE(
      "request.unsupported_media_type", 415, "The media type is not supported"),
  REQUEST_EXPECTATION_FAILED("request.expectation_failed", 417, "The expectation is not supported"),
  REQUEST_ARGUMENTS_INVALID(
      "request.arguments_invalid", 422, "The arguments do not fit the tool's input schema"),
  REQUEST_HEADERS_TOO_LARGE(
      "request.headers_too_large", 431, "The request header fields are too large"),
  REQUEST_HOST_FORBIDDEN("request.host_forbidden", 403, "The Host is not one of this gateway"),
  REQUEST_ORIGIN_FORBIDDEN("request.origin_forbidden", 403, "The Origin is not allowed"),

  AUTH_MISSING("auth.missing", 401, "A credential is required"),
  AUTH_INVALID("auth.invalid", 401, "The credential is not valid"),
  AUTH_AMBIGUOUS("auth.ambiguous", 400, "There is more than one credential"),
  AUTH_UNAVAILABLE("auth.unavailable", 503, "The credential cannot be checked now"),
  AUTH_SCOPE_INSUFFICIENT("auth.scope_insufficient", 403, "The credential lacks a scope"),

  AUTH_KEYS_UNWRITTEN("auth.keys_unwritten", 503, "The change of keys could not be written"),
  RATE_LIMITED("rate.limited", 429, "Too many requests"),

  SESSION_UNKNOWN("session.unknown", 404, "There is no such session"),

  TOOL_UNKNOWN("tool.unknown", 404, "There is no such tool"),
  CALL_UNKNOWN("call.unknown", 404, "There is no such call"),
  CALL_LIMIT("call.limit", 429, "Too many calls are running"),
  IDEMPOTENCY_IN_PROGRESS("idempotency.in_progress", 409, "The first request is still running"),
  IDEMPOTENCY_MISMATCH("idempotency.mismatch", 422, "The key was used with another body"),
  IDEMPOTENCY_FULL("idempotency.full", 429, "Too many idempotency keys are remembered"),
  CALL_CANCELLED("call.cancelled", 409, "The call was cancelled before it started"),

  POLICY_PATH_DENIED("policy.path_denied", 403, "The path is denied"),
  POLICY_HOST_DENIED("policy.host_denied", 403, "The host is denied"),
  POLICY_COMMAND_DENIED("policy.command_denied", 403, "The command is denied"),
  POLICY_ARGUMENT_DENIED("policy.argument_denied", 403, "The argument is denied"),
  POLICY_CREDENTIAL_DENIED("policy.credential_denied", 403, "The credential is denied"),
  POLICY_NO_PERMIT("policy.no_permit", 403, "No rule permits the call"),
  POLICY_ERROR("policy.error", 403, "A rule could not be evaluated"),
  POLICY_DECISION_INVALID("policy.decision_invalid", 403, "The decision does not cover this plan"),

  AUDIT_UNAVAILABLE("audit.unavailable", 503, "The audit log cannot take the record"),
  AUDIT_NO_SPACE("audit.no_space", 503, "The audit log has no room for new calls"),
  AUDIT_STALLED("audit.stalled", 503, "The audit log did not answer in time"),
  AUDIT_CORRUPT("audit.corrupt", 503, "The audit log is damaged"),
  AUDIT_ROLLBACK("audit.rollback.detected", 503, "The audit log is older than its checkpoint"),
  AUDIT_KEY_CHANGED("audit.key_changed", 503, "The audit log is signed by another key"),
  AUDIT_KEY_ROTATING("audit.key_rotating", 409, "The audit log's key is being rotated"),
  AUDIT_PROOF_PENDING("audit.proof_pending", 503, "No checkpoint covers the entry yet"),
  AUDIT_PRUNED("audit.pruned", 410, "The entries were pruned"),
  AUDIT_RECEIPT_INVALID("audit.receipt_invalid", 403, "The audit receipt does not cover this plan"),

  VAULT_UNAVAILABLE("vault.unavailable", 503, "The vault is not available"),
  VAULT_SECRET_UNKNOWN("vault.secret_unknown", 404, "There is no such secret"),
  VAULT_SECRET_INVALID("vault.secret_invalid", 422, "The secret or its name is not acceptable"),
  VAULT_LEASE_REFUSED("vault.lease_refused", 403, "The lease is refused"),
  VAULT_UNLOCK_FAILED("vault.unlock_failed", 503, "The vault does not open"),
  VAULT_UNLOCK_THROTTLED("vault.unlock_throttled", 429, "Too many failed attempts to unlock"),
  VAULT_BINDING_UNAVAILABLE(
      "vault.binding_unavailable", 503, "A component that the vault is bound to is missing"),
  VAULT_ROLLBACK_DETECTED(
      "vault.rollback_detected", 503, "The vault is not in the state that the log knows"),
  VAULT_FORMAT_UNKNOWN("vault.format_unknown", 503, "The vault has another format"),
  VAULT_CORRUPT("vault.corrupt", 503, "The vault is damaged"),
  VAULT_SLOT_UNKNOWN("vault.slot_unknown", 404, "There is no such slot"),
  VAULT_SLOT_INVALID("vault.slot_invalid", 422, "The slot or its credential is not acceptable"),
  VAULT_TRANSFER_INVALID("vault.transfer_invalid", 422, "The export or its key is not acceptable"),

  SANDBOX_BUSY("sandbox.busy", 429, "Too many calls wait for a sandbox"),
  SANDBOX_UNAVAILABLE("sandbox.unavailable", 503, "The sandbox is not available"),
  GATEWAY_OVERLOADED("gateway.overloaded", 503, "The gateway is at its bound"),
  GATEWAY_DRAINING("gateway.draining", 503, "The gateway is shutting down"),
  GATEWAY_UNREACHABLE("gateway.unreachable", 503, "No gateway answers"),
  DEADLINE_EXCEEDED("deadline.exceeded", 504, "The deadline passed before the call started"),

  LLM_PROVIDER_UNKNOWN("llm.provider_unknown", 404, "There is no such model provider"),
  LLM_BUDGET_EXCEEDED("llm.budget_exceeded", 429, "The token budget of the day is spent"),
  LLM_PROVIDER_FAILED("llm.provider_failed", 502, "The model provider failed"),
  LLM_TOOL_LOOP_OFF("llm.tool_loop_off", 403, "The tool loop is not enabled"),
  LLM_TOOL_LOOP_BOUND("llm.tool_loop_bound", 502, "The tool loop reached a bound"),
  LLM_PROVIDER_TIMEOUT("llm.provider_timeout", 504, "The model provider did not answer in time"),

  CONFIG_INVALID("config.invalid", 422, "The configuration is not valid"),
  CONFIG_NEEDS_RESTART("config.needs_restart", 409, "The change needs a restart"),
  CONFIG_NOT_BUILT("config.not_built", 422, "The configured control is not built yet"),
  INTERNAL("internal", 500, "The gateway failed");

  private final String code;
  private final int status;
  private final String title;

  ProblemCode(String code, int status, String title) {
    this.code = code;
    this.status = status;
    this.title = title;
  }

  /** The stable code, dotted lower case. */
  public String code() {
    return code;
  }

  /** The HTTP status that the REST edge answers with. */
  public int status() {
    return status;
  }

  /** One short sentence for people, the same for every occurrence. */
  public String title() {
    return title;
  }

  @Override
  public String toString() {
    return code;
  }
}
