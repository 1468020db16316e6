package dev.chitin.policy.host;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.RequestHost;
import java.util.Optional;

/**
 * A compiled host pattern with its port. Names are compared by labels, literals by value, and a
 * pattern of one kind never matches a host of the other.
 *
 * @param kind how {@code host} is compared
 * @param host canonical name, or the suffix behind the wildcard; empty for a block
 * @param block of addresses, empty unless the kind is BLOCK
 * @param port 1 to 65535
 * @param portGiven whether the pattern names its port
 */
public record HostPattern(
    Kind kind, String host, Optional<Cidr> block, int port, boolean portGiven) {

  /** How a pattern compares. */
  public enum Kind {
    /** The host itself, a name or a literal. */
    EXACT,
    /** {@code *.suffix}: exactly one label before the suffix. */
    ONE_LABEL,
    /** {@code **.suffix}: one or more labels before the suffix. */
    ANY_LABELS,
    /** A CIDR block of literals. */
    BLOCK
  }

  /**
   * Compiles {@code written}.
   *
   * @param key the configuration key, for the error
   * @throws ChitinException {@code config.invalid} when it is not a pattern
   */
  public static HostPattern compile(String written, String key) {
    int colon = portColon(written);
    String host = colon < 0 ? written : written.substring(0, colon);
    String portText = colon < 0 ? "443" : written.substring(colon + 1);
    if (!portText.matches("[1-9][0-9]{0,4}") || Integer.parseInt(portText) > 65_535) {
      throw invalid(key, written, "has no port between 1 and 65535");
    }
    int port = Integer.parseInt(portText);
    boolean portGiven = colon >= 0;
    if (host.indexOf('/') >= 0) {
      Cidr block =
          Cidr.parse(host).orElseThrow(() -> invalid(key, written, "is not a block of addresses"));
      return new HostPattern(Kind.BLOCK, "", Optional.of(block), port, portGiven);
    }
    Kind kind =
        host.startsWith("**.")
            ? Kind.ANY_LABELS
            : host.startsWith("*.") ? Kind.ONE_LABEL : Kind.EXACT;
    String rest = host.substring(kind == Kind.ANY_LABELS ? 3 : kind == Kind.ONE_LABEL ? 2 : 0);
    String canonical = canonical(rest, key, written);
    if (kind != Kind.EXACT
        && (canonical.indexOf('.') < 0 || RequestHost.literal(canonical).isPresent())) {
      throw invalid(key, written, "needs at least two labels of a name behind its wildcard");
    }
    return new HostPattern(kind, canonical, Optional.empty(), port, portGiven);
  }

  private static int portColon(String written) {
    int bracket = written.lastIndexOf(']');
    int colon = written.indexOf(':', Math.max(0, bracket));
    boolean bareV6Block = bracket < 0 && colon >= 0 && written.indexOf(':', colon + 1) >= 0;
    return bareV6Block ? -1 : colon;
  }

  private static String canonical(String host, String key, String written) {
    try {
      return RequestHost.canonical(host);
    } catch (ChitinException.Denied e) {
      throw invalid(key, written, "names no host: " + e.problem().detail());
    }
  }

  /** Whether the canonical {@code host} is matched; the port is not looked at. */
  public boolean matchesHost(String host) {
    return switch (kind) {
      case EXACT -> host.equals(this.host);
      case BLOCK ->
          RequestHost.literal(host).flatMap(a -> block.map(b -> b.contains(a))).orElse(false);
      case ONE_LABEL -> endsWithSuffix(host) && host.indexOf('.') == prefixLength(host);
      case ANY_LABELS -> endsWithSuffix(host);
    };
  }

  /** Whether the canonical {@code host} and the port are matched. */
  public boolean matches(String host, int port) {
    return port == this.port && matchesHost(host);
  }

  private boolean endsWithSuffix(String candidate) {
    int prefix = prefixLength(candidate);
    return prefix > 0
        && candidate.charAt(prefix) == '.'
        && candidate.endsWith(host)
        && RequestHost.literal(candidate).isEmpty();
  }

  private int prefixLength(String candidate) {
    return candidate.length() - host.length() - 1;
  }

  private static RuntimeException invalid(String key, String written, String detail) {
    return Problem.of(ProblemCode.CONFIG_INVALID, key + ": '" + written + "' " + detail + ".")
        .withRule(key)
        .withHint("Write host[:port], *.suffix[:port], **.suffix[:port], an address or a block.")
        .toException();
  }
}
