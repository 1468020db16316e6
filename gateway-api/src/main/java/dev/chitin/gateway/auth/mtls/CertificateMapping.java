package dev.chitin.gateway.auth.mtls;

import dev.chitin.gateway.auth.Role;

/**
 * For whom a client certificate stands.
 *
 * @param san the subject alternative name, exactly: {@code URI:spiffe://example/agent} or {@code
 *     DNS:agent.example}
 * @param role what the principal may do
 * @param tenant whose principal
 * @param name the principal
 */
public record CertificateMapping(String san, Role role, String tenant, String name) {}
