package dev.chitin.sandbox.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.AddressRules;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Optional;

/**
 * Resolves a decided host once, on a bounded pool, and gives the address to connect to. One denied
 * address among several refuses the whole answer. Each request asks anew.
 */
public final class AddressPinning {
  private final AddressRules rules;
  private final ClosedAddresses closed;
  private final WorkerExecutor workers;
  private final Resolver resolver;

  /** Who knows the addresses of a name, at least one. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] all(String host) throws UnknownHostException;
  }

  /**
   * @param closed what no rule opens
   */
  public AddressPinning(AddressRules rules, ClosedAddresses closed, WorkerExecutor workers) {
    this(rules, closed, workers, InetAddress::getAllByName);
  }

  AddressPinning(
      AddressRules rules, ClosedAddresses closed, WorkerExecutor workers, Resolver resolver) {
    this.closed = closed;
    this.rules = rules;
    this.workers = workers;
    this.resolver = resolver;
  }

  /** The address, or {@code policy.host_denied} with the class of address that denies. */
  public Future<SocketAddress> address(String host, int port) {
    return workers.executeBlocking(() -> resolve(host, port), false).map(Objects::requireNonNull);
  }

  private SocketAddress resolve(String host, int port) throws UnknownHostException {
    InetAddress[] all = resolver.all(host);
    for (InetAddress address : all) {
      Optional<String> rule = closed.closed(address, port).or(() -> rules.denied(address, port));
      if (rule.isPresent()) {
        throw Problem.of(
                ProblemCode.POLICY_HOST_DENIED,
                "The host stands for an address that no tool may reach.")
            .withRule(rule.get())
            .withHint("A private destination needs its address and port in egress.allow_private.")
            .toException();
      }
    }
    return SocketAddress.inetSocketAddress(port, all[0].getHostAddress());
  }
}
