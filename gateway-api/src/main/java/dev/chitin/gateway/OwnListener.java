package dev.chitin.gateway;

import dev.chitin.sandbox.http.ClosedAddresses;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Optional;

/**
 * Closes the gateway's own port on every address of this machine to requests of tools, whatever the
 * operator allows: a tool must never be the gateway's caller.
 */
final class OwnListener implements ClosedAddresses {
  private static final String RULE = "egress.address[gateway]";
  private static final int NONE = -1;

  private volatile int port = NONE;

  void listensOn(int actualPort) {
    port = actualPort;
  }

  @Override
  public Optional<String> closed(InetAddress address, int asked) {
    return asked == port && isOwn(address) ? Optional.of(RULE) : Optional.empty();
  }

  private static boolean isOwn(InetAddress address) {
    try {
      return address.isLoopbackAddress()
          || address.isAnyLocalAddress()
          || NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return true; // What cannot be told apart from an own address counts as one.
    }
  }
}
