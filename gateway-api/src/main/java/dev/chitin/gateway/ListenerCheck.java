package dev.chitin.gateway;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.policy.RequestHost;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Where the gateway is told to listen: what cannot be, or must not, is refused by name. */
final class ListenerCheck {
  static final String HOST = "gateway.host";

  private ListenerCheck() {}

  /**
   * Checks how an address is written.
   *
   * @throws ChitinException {@code config.invalid} for what is neither an address nor a name
   */
  static String host(String text) {
    // The kernel needs the interface of a link-local address (RFC 4007): fe80::1%eth0.
    String plain = text.replaceFirst("%[A-Za-z0-9._-]{1,15}$", "");
    try {
      RequestHost.canonical(plain.contains(":") ? "[" + plain + "]" : text);
      return text;
    } catch (ChitinException noHost) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID, HOST + ": \"" + text + "\" is no address to listen on.")
          .withRule(HOST)
          .withHint(
              "Write an address or a name alone, 127.0.0.1, ::1 or gw.example.com; the port is"
                  + " gateway.port.")
          .toException(noHost);
    }
  }

  /**
   * Checks {@code edge} before anything is opened. Looks its name up, and blocks.
   *
   * @throws ChitinException {@code config.invalid} for a name that leads nowhere, and for a
   *     listener that others can reach without TLS: it would carry keys in clear
   */
  static void check(EdgeSettings edge) {
    refuseCleartext(edge);
    try {
      var _ = InetAddress.getByName(edge.host());
    } catch (UnknownHostException e) {
      throw unknownName(edge, e);
    }
  }

  /**
   * Checks what can be said without looking anything up.
   *
   * @throws ChitinException {@code config.invalid} for a listener that others can reach without TLS
   */
  static void refuseCleartext(EdgeSettings edge) {
    if (!edge.isLoopback() && edge.tls() == null && !edge.tlsUpstream()) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              "gateway.host is "
                  + edge.host()
                  + ", and there is no TLS: keys would cross the network in clear.")
          .withRule(HOST)
          .withHint(
              "Set gateway.tls.cert and key, or gateway.tls.terminated_upstream: true if a proxy"
                  + " does TLS, or listen on 127.0.0.1.")
          .toException();
    }
  }

  /** The refusal of a name that leads nowhere. */
  static ChitinException unknownName(EdgeSettings edge, Exception cause) {
    return Problem.of(
            ProblemCode.CONFIG_INVALID,
            "gateway.host is " + edge.host() + ", and no address is known for that name.")
        .withRule(HOST)
        .withHint("Write the address itself, or a name that this machine can look up.")
        .toException(cause);
  }
}
