package dev.chitin.policy.host;

import java.util.Optional;

/**
 * A block of addresses of one family.
 *
 * @param network 4 or 16 bytes; the bits behind the prefix are zero
 * @param prefix length of the prefix in bits
 */
@SuppressWarnings("ArrayRecordComponent") // compared by contains() alone, never as a value
public record Cidr(byte[] network, int prefix) {

  /** Reads {@code address/prefix}; an IPv6 address may stand in brackets. */
  public static Optional<Cidr> parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return Optional.empty();
    }
    String digits = text.substring(slash + 1);
    if (!digits.matches("0|[1-9][0-9]{0,2}")) {
      return Optional.empty();
    }
    int prefix = Integer.parseInt(digits);
    String address = text.substring(0, slash);
    if (address.startsWith("[") && address.endsWith("]")) {
      address = address.substring(1, address.length() - 1);
    }
    Optional<byte[]> bytes =
        address.indexOf(':') >= 0 ? IpLiteral.parseV6(address) : IpLiteral.parseV4(address);
    return bytes
        .filter(b -> prefix <= b.length * 8)
        .map(b -> new Cidr(b, prefix))
        .filter(Cidr::hostBitsAreZero);
  }

  /** A block that is known to be written rightly. */
  static Cidr of(String text) {
    return parse(text).orElseThrow(() -> new IllegalArgumentException(text));
  }

  private boolean hostBitsAreZero() {
    for (int bit = prefix; bit < network.length * 8; bit++) {
      if ((network[bit / 8] >> (7 - bit % 8) & 1) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether {@code address}, 4 or 16 bytes, lies in this block; families do not mix. */
  public boolean contains(byte[] address) {
    if (address.length != network.length) {
      return false;
    }
    int whole = prefix / 8;
    for (int i = 0; i < whole; i++) {
      if (address[i] != network[i]) {
        return false;
      }
    }
    int rest = prefix % 8;
    return rest == 0 || (address[whole] ^ network[whole]) >> (8 - rest) == 0;
  }
}
