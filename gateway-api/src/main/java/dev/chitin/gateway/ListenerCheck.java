package dev.chitin.gateway;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.http.EdgeSettings;

/** Refuses a listener that others can reach without TLS: it would carry keys in clear. */
final class ListenerCheck {
  private ListenerCheck() {}

  /**
   * Checks {@code edge}.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid}
   */
  static void check(EdgeSettings edge) {
    if (!edge.isLoopback() && edge.tls() == null && !edge.tlsUpstream()) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              "gateway.host is "
                  + edge.host()
                  + ", and there is no TLS: keys would cross the network in clear.")
          .withRule("gateway.host")
          .withHint(
              "Set gateway.tls.cert and key, or gateway.tls.terminated_upstream: true if a proxy"
                  + " does TLS, or listen on 127.0.0.1.")
          .toException();
    }
  }
}
