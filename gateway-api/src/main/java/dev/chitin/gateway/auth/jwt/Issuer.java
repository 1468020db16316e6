package dev.chitin.gateway.auth.jwt;

import dev.chitin.gateway.auth.Role;
import java.util.EnumSet;
import java.util.Set;

/**
 * An issuer and its keys.
 *
 * @param settings what its tokens have to say
 * @param keys its keys as they were last read
 */
record Issuer(IssuerSettings settings, IssuerKeys keys) {

  /** What a token's claim of roles stands for here. */
  Set<Role> roles(Claims claims) {
    EnumSet<Role> roles = EnumSet.noneOf(Role.class);
    for (String name : claims.roles()) {
      Role role = settings.roles().get(name);
      if (role != null) {
        roles.add(role);
      }
    }
    return roles;
  }

  /**
   * A subject's name among principals. Names of keys hold no vertical bar, so that no issuer can
   * speak for a key, nor for another issuer's subject.
   */
  String principal(Claims claims) {
    return settings.issuer() + "|" + claims.subject();
  }
}
