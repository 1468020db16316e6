package dev.chitin.gateway.http;

import java.util.Set;

/**
 * The bounds of the edge.
 *
 * @param host address to listen on
 * @param port port to listen on; 0 picks a free one
 * @param hosts further names under which clients reach the gateway, with port when not its own
 * @param connections most connections at once
 * @param headerBytes size of all header fields
 * @param bodyBytes size of a call's body
 * @param bodyTimeoutMillis time to send a body
 * @param calls running calls in all
 * @param callsPerPrincipal running calls of one principal
 * @param callTimeoutMillis longest call
 */
public record EdgeSettings(
    String host,
    int port,
    Set<String> hosts,
    int connections,
    int headerBytes,
    int bodyBytes,
    long bodyTimeoutMillis,
    int calls,
    int callsPerPrincipal,
    long callTimeoutMillis) {
  public EdgeSettings {
    hosts = Set.copyOf(hosts);
  }
}
