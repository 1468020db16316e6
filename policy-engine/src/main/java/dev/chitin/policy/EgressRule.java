package dev.chitin.policy;

/**
 * One destination that a plan may reach.
 *
 * @param scheme {@code http} or {@code https}
 * @param host canonical host
 * @param port 1 to 65535
 */
public record EgressRule(String scheme, String host, int port) {}
