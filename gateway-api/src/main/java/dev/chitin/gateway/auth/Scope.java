package dev.chitin.gateway.auth;

import java.util.Optional;

/** What a credential may be used for. */
public enum Scope {
  TOOLS_READ("tools:read"),
  /** May carry names: {@code tools:call:fs_*}. */
  TOOLS_CALL("tools:call"),
  SECRETS_WRITE("secrets:write"),
  SECRETS_LIST("secrets:list"),
  APPROVALS_READ("approvals:read"),
  APPROVALS_DECIDE("approvals:decide"),
  POLICY_EXPLAIN("policy:explain"),
  AUDIT_READ("audit:read"),
  LLM_CALL("llm:call"),
  METRICS_READ("metrics:read"),
  ADMIN("admin");

  private final String text;

  Scope(String text) {
    this.text = text;
  }

  /** The scope of that name. */
  public static Optional<Scope> of(String text) {
    for (Scope scope : values()) {
      if (scope.text.equals(text)) {
        return Optional.of(scope);
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return text;
  }
}
