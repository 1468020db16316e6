package dev.chitin.gateway.auth;

/** What a credential may be used for. */
public enum Scope {
  TOOLS_READ("tools:read"),
  TOOLS_CALL("tools:call"),
  SECRETS_WRITE("secrets:write"),
  SECRETS_LIST("secrets:list"),
  AUDIT_READ("audit:read"),
  METRICS_READ("metrics:read"),
  ADMIN("admin");

  private final String text;

  Scope(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
