package dev.chitin.policy;

import java.util.Set;

/**
 * Who calls, as the gateway authenticated it.
 *
 * @param tenant whose resources are touched
 * @param id stable name within the tenant
 * @param roles from the credential's record, never from the request
 */
public record Principal(String tenant, String id, Set<String> roles) {
  public Principal {
    roles = Set.copyOf(roles);
  }
}
