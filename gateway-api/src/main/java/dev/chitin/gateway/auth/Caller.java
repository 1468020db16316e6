package dev.chitin.gateway.auth;

import dev.chitin.policy.Principal;
import java.util.Set;

/**
 * An authenticated caller.
 *
 * @param principal who, as policy sees it
 * @param scopes what the credential may be used for
 */
public record Caller(Principal principal, Set<Scope> scopes) {
  public Caller {
    scopes = Set.copyOf(scopes);
  }

  public boolean may(Scope scope) {
    return scopes.contains(scope);
  }
}
