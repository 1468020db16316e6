package dev.chitin.gateway.http;

import dev.chitin.gateway.rate.RateLimit;
import dev.chitin.gateway.session.SessionBounds;
import dev.chitin.gateway.tls.TlsSettings;
import dev.chitin.policy.RequestHost;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the edge listens, to whom, and within which bounds.
 *
 * @param host address to listen on
 * @param port port to listen on; 0 picks a free one
 * @param hosts further names under which clients reach the gateway, see {@link OwnHosts}
 * @param corsOrigins origins whose pages may call, as browsers write them
 * @param tls certificate and key, or null for plain HTTP
 * @param tlsUpstream whether a proxy in front does TLS
 * @param rateLimit how often one principal may ask
 * @param sessions how long and how many
 * @param bounds what is held at most
 */
public record EdgeSettings(
    String host,
    int port,
    Set<String> hosts,
    Set<String> corsOrigins,
    @Nullable TlsSettings tls,
    boolean tlsUpstream,
    RateLimit rateLimit,
    SessionBounds sessions,
    EdgeBounds bounds) {
  public EdgeSettings {
    hosts = Set.copyOf(hosts);
    corsOrigins = Set.copyOf(corsOrigins);
  }

  /** The same on another port. */
  public EdgeSettings withPort(int other) {
    return new EdgeSettings(
        host, other, hosts, corsOrigins, tls, tlsUpstream, rateLimit, sessions, bounds);
  }

  /** Whether only this machine can reach the listener. */
  public boolean isLoopback() {
    return host.equals("localhost")
        || RequestHost.literal(host.contains(":") ? "[" + host + "]" : host)
            .filter(EdgeSettings::isLoopback)
            .isPresent();
  }

  private static boolean isLoopback(byte[] address) {
    try {
      return InetAddress.getByAddress(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** What the listener itself speaks, {@code https} or {@code http}. */
  public String scheme() {
    return tls == null ? "http" : "https";
  }

  /** What clients speak, to a proxy in front if there is one. */
  public String clientScheme() {
    return tlsUpstream ? "https" : scheme();
  }

  /** The host as a URL has it: an IPv6 address in brackets. */
  public String literalHost() {
    return host.contains(":") ? "[" + host + "]" : host;
  }
}
