package dev.chitin.sandbox.http;

import java.net.InetAddress;
import java.util.Optional;

/** Addresses that are closed to every tool, above what the operator allows. */
@FunctionalInterface
public interface ClosedAddresses {

  /** The id of the rule that closes the address with its port; empty when none does. */
  Optional<String> closed(InetAddress address, int port);
}
