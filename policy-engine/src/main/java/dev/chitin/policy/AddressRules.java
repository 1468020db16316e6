package dev.chitin.policy;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.host.AddressClasses;
import dev.chitin.policy.host.Cidr;
import dev.chitin.policy.host.IpLiteral;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which addresses may be connected to, whatever name led there.
 *
 * <p>Public unicast is open. Special-purpose blocks are closed unless {@code egress.allow_private}
 * names the address with its port, or a block that holds it; metadata, multicast, unspecified and
 * reserved addresses stay closed even then. Addresses that carry IPv4 inside IPv6 are judged by
 * what they carry as well. Immutable.
 */
public final class AddressRules {

  /** An address with its port. */
  @SuppressWarnings("ArrayRecordComponent") // compared by Arrays.equals alone, never as a value
  private record Exact(byte[] address, int port) {}

  private final List<Exact> exact;
  private final List<Cidr> blocks;
  private final List<byte[]> own;

  private AddressRules(List<Exact> exact, List<Cidr> blocks, List<byte[]> own) {
    this.exact = List.copyOf(exact);
    this.blocks = List.copyOf(blocks);
    this.own = List.copyOf(own);
  }

  /**
   * Compiles {@code egress.allow_private}.
   *
   * @param allowPrivate {@code a.b.c.d:port}, {@code [v6]:port} or CIDR
   * @param own this host's interface addresses, closed like loopback
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} with the key
   */
  public static AddressRules compile(List<String> allowPrivate, Set<InetAddress> own) {
    List<Exact> exact = new ArrayList<>();
    List<Cidr> blocks = new ArrayList<>();
    for (int i = 0; i < allowPrivate.size(); i++) {
      String entry = allowPrivate.get(i);
      Optional<Cidr> block = Cidr.parse(entry).filter(AddressRules::narrowEnough);
      if (block.isPresent()) {
        blocks.add(block.get());
      } else {
        exact.add(exact(entry, "egress.allow_private[" + i + "]"));
      }
    }
    return new AddressRules(exact, blocks, own.stream().map(InetAddress::getAddress).toList());
  }

  private static boolean narrowEnough(Cidr block) {
    return block.prefix() >= (block.network().length == 4 ? 8 : 7);
  }

  private static Exact exact(String entry, String key) {
    int colon = entry.lastIndexOf(':');
    String host = colon < 0 ? "" : entry.substring(0, colon);
    String port = colon < 0 ? "" : entry.substring(colon + 1);
    boolean v6 = host.startsWith("[") && host.endsWith("]");
    Optional<byte[]> address =
        v6 ? IpLiteral.parseV6(host.substring(1, host.length() - 1)) : IpLiteral.parseV4(host);
    if (address.isEmpty() || !port.matches("[1-9][0-9]{0,4}") || Integer.parseInt(port) > 65_535) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID, key + " is neither an address with port nor a block.")
          .withRule(key)
          .withHint(
              "Write 127.0.0.1:8080, [::1]:8080 or 10.1.0.0/16 (at least /8, or /7 for IPv6).")
          .toException();
    }
    return new Exact(AddressClasses.unmapped(address.get()), Integer.parseInt(port));
  }

  /**
   * The id of the rule that closes {@code address}, {@code egress.address[<class>]}; empty when it
   * may be connected to.
   */
  public Optional<String> denied(InetAddress address, int port) {
    return denied(address.getAddress(), port);
  }

  Optional<String> denied(byte[] address, int port) {
    byte[] unmapped = AddressClasses.unmapped(address);
    Optional<String> closed =
        AddressClasses.embedded(unmapped).flatMap(inner -> closedClass(inner, port));
    if (closed.isEmpty()) {
      closed = closedClass(unmapped, port);
    }
    if (closed.isEmpty() && !granted(unmapped, port)) {
      boolean mine = own.stream().anyMatch(one -> Arrays.equals(one, unmapped));
      closed = mine ? Optional.of("own") : Optional.empty();
    }
    return closed.map(name -> "egress.address[" + name + "]");
  }

  /** The special class of {@code address}, unless a grant lifts it. */
  private Optional<String> closedClass(byte[] address, int port) {
    return AddressClasses.of(address)
        .filter(match -> !match.liftable() || !granted(address, port))
        .map(AddressClasses.Match::name);
  }

  /** Whether the operator opened this address and port. */
  public boolean isGranted(InetAddress address, int port) {
    return granted(AddressClasses.unmapped(address.getAddress()), port);
  }

  /** Whether {@code egress.allow_private} names this address and port. */
  boolean granted(byte[] address, int port) {
    for (Exact entry : exact) {
      if (entry.port() == port && Arrays.equals(entry.address(), address)) {
        return true;
      }
    }
    for (Cidr block : blocks) {
      if (block.contains(address)) {
        return true;
      }
    }
    return false;
  }
}
