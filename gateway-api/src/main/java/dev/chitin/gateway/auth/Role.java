package dev.chitin.gateway.auth;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** A named set of scopes. */
public enum Role {
  AGENT(EnumSet.of(Scope.TOOLS_READ, Scope.TOOLS_CALL)),
  OPERATOR(
      EnumSet.of(
          Scope.TOOLS_READ,
          Scope.TOOLS_CALL,
          Scope.SECRETS_WRITE,
          Scope.SECRETS_LIST,
          Scope.METRICS_READ)),
  AUDITOR(EnumSet.of(Scope.TOOLS_READ, Scope.AUDIT_READ, Scope.METRICS_READ)),
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
}
