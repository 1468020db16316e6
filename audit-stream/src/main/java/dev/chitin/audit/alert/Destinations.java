package dev.chitin.audit.alert;

import io.vertx.core.Future;
import io.vertx.core.net.SocketAddress;

/** The rules of egress: to which address a host may be reached. */
@FunctionalInterface
public interface Destinations {

  /** The one address to connect to; fails with {@code policy.host_denied} when none is open. */
  Future<SocketAddress> address(String host, int port);
}
