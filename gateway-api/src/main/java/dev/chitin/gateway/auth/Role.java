package dev.chitin.gateway.auth;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** A named set of scopes. */
public enum Role {
  AGENT(EnumSet.of(Scope.TOOLS_READ, Scope.TOOLS_CALL, Scope.LLM_CALL)),
  OPERATOR(
      EnumSet.of(
          Scope.TOOLS_READ,
          Scope.TOOLS_CALL,
          Scope.SECRETS_WRITE,
          Scope.SECRETS_LIST,
          Scope.POLICY_EXPLAIN,
          Scope.LLM_CALL,
          Scope.METRICS_READ)),
  APPROVER(
      EnumSet.of(
          Scope.TOOLS_READ, Scope.APPROVALS_READ, Scope.APPROVALS_DECIDE, Scope.POLICY_EXPLAIN)),
  AUDITOR(
      EnumSet.of(
          Scope.TOOLS_READ,
          Scope.APPROVALS_READ,
          Scope.POLICY_EXPLAIN,
          Scope.AUDIT_READ,
          Scope.METRICS_READ)),
  ADMIN(EnumSet.allOf(Scope.class));

  @SuppressWarnings("ImmutableEnumChecker") // Set.copyOf gives an immutable set
  private final Set<Scope> scopes;

  Role(Set<Scope> scopes) {
    this.scopes = Set.copyOf(scopes);
  }

  public Set<Scope> scopes() {
    return scopes;
  }

  /** The role's name as written: lower case. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Role> of(String text) {
    for (Role role : values()) {
      if (role.text().equals(text)) {
        return Optional.of(role);
      }
    }
    return Optional.empty();
  }

  /** Every role's name. */
  public static List<String> texts() {
    return Arrays.stream(values()).map(Role::text).toList();
  }
}
