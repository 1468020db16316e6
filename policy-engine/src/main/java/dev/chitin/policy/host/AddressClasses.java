package dev.chitin.policy.host;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The special-purpose address blocks (IANA registries, RFC 6890 and its kin) that nothing may reach
 * without an explicit grant, and the metadata addresses that nothing may reach at all.
 */
public final class AddressClasses {
  /** The class that no grant lifts. */
  public static final String METADATA = "metadata";

  private record Block(String name, Cidr cidr, boolean liftable) {}

  private static final List<Block> V4 =
      List.of(
          never(METADATA, "169.254.169.254/32"),
          never(METADATA, "169.254.170.2/32"),
          never(METADATA, "169.254.170.23/32"),
          never(METADATA, "100.100.100.200/32"),
          never(METADATA, "168.63.129.16/32"),
          never(METADATA, "192.0.0.192/32"),
          never("unspecified", "0.0.0.0/8"),
          block("private", "10.0.0.0/8"),
          block("shared", "100.64.0.0/10"),
          block("loopback", "127.0.0.0/8"),
          block("link_local", "169.254.0.0/16"),
          block("private", "172.16.0.0/12"),
          block("protocol", "192.0.0.0/24"),
          block("documentation", "192.0.2.0/24"),
          block("relay", "192.88.99.0/24"),
          block("private", "192.168.0.0/16"),
          block("benchmark", "198.18.0.0/15"),
          block("documentation", "198.51.100.0/24"),
          block("documentation", "203.0.113.0/24"),
          never("multicast", "224.0.0.0/4"),
          never("broadcast", "255.255.255.255/32"),
          never("reserved", "240.0.0.0/4"));

  private static final List<Block> V6 =
      List.of(
          never(METADATA, "fd00:ec2::/32"),
          never(METADATA, "fd20:ce::254/128"),
          block("loopback", "::1/128"),
          never("unspecified", "::/128"),
          never("multicast", "ff00::/8"),
          block("unique_local", "fc00::/7"),
          block("link_local", "fe80::/10"),
          block("site_local", "fec0::/10"),
          block("documentation", "2001:db8::/32"),
          block("documentation", "3fff::/20"),
          block("translation", "64:ff9b::/96"),
          block("translation", "64:ff9b:1::/48"),
          block("teredo", "2001::/32"),
          block("protocol", "2001::/23"),
          block("relay", "2002::/16"),
          block("compatible", "::/96"));

  private static final Cidr GLOBAL_V6 = Cidr.of("2000::/3");
  private static final Cidr MAPPED = Cidr.of("::ffff:0:0/96");
  private static final Cidr COMPATIBLE = Cidr.of("::/96");
  private static final Cidr NAT64 = Cidr.of("64:ff9b::/96");
  private static final Cidr NAT64_LOCAL = Cidr.of("64:ff9b:1::/48");
  private static final Cidr SIX_TO_FOUR = Cidr.of("2002::/16");
  private static final Cidr TEREDO = Cidr.of("2001::/32");

  private AddressClasses() {}

  /**
   * A block's verdict over an address.
   *
   * @param name of the class
   * @param liftable whether an explicit grant of the address lifts it
   */
  public record Match(String name, boolean liftable) {}

  /** The IPv4 address itself when {@code address} is IPv4-mapped, else {@code address}. */
  public static byte[] unmapped(byte[] address) {
    return address.length == 16 && MAPPED.contains(address)
        ? Arrays.copyOfRange(address, 12, 16)
        : address;
  }

  /** The special class of {@code address}, already unmapped; empty when it is a public one. */
  public static Optional<Match> of(byte[] address) {
    for (Block block : address.length == 4 ? V4 : V6) {
      if (block.cidr().contains(address)) {
        return Optional.of(new Match(block.name(), block.liftable()));
      }
    }
    return address.length == 4 || GLOBAL_V6.contains(address)
        ? Optional.empty()
        : Optional.of(new Match("reserved", false));
  }

  /** The IPv4 address that an IPv6 transition address carries traffic to. */
  public static Optional<byte[]> embedded(byte[] address) {
    if (address.length != 16) {
      return Optional.empty();
    }
    if (SIX_TO_FOUR.contains(address)) {
      return Optional.of(Arrays.copyOfRange(address, 2, 6));
    }
    if (TEREDO.contains(address)) {
      byte[] client = Arrays.copyOfRange(address, 12, 16);
      for (int i = 0; i < 4; i++) {
        client[i] = (byte) ~client[i];
      }
      return Optional.of(client);
    }
    boolean isatap =
        (address[8] & 0xfd) == 0
            && address[9] == 0
            && address[10] == 0x5e
            && address[11] == (byte) 0xfe;
    boolean lowest =
        isatap
            || NAT64.contains(address)
            || NAT64_LOCAL.contains(address)
            || (COMPATIBLE.contains(address) && (address[12] | address[13] | address[14]) != 0);
    return lowest ? Optional.of(Arrays.copyOfRange(address, 12, 16)) : Optional.empty();
  }

  private static Block block(String name, String cidr) {
    return new Block(name, Cidr.of(cidr), true);
  }

  private static Block never(String name, String cidr) {
    return new Block(name, Cidr.of(cidr), false);
  }
}
