package dev.chitin.policy;

import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.host.IpLiteral;
import java.net.IDN;
import java.util.Locale;
import java.util.Optional;

/**
 * Gives the one canonical spelling of a host that a caller asks for, or refuses it: a name as lower
 * case LDH labels (with {@code _}), an IPv4 address as a dotted quad, an IPv6 address in brackets
 * by RFC 5952.
 *
 * <p>Every other number form of IPv4 ({@code 127.1}, {@code 0x7f.1}, {@code 2130706433}) is refused
 * and not parsed, because readers disagree about it.
 */
public final class RequestHost {
  /** Longest name, in characters. */
  public static final int MAX_CHARS = 253;

  private RequestHost() {}

  /**
   * The canonical form of {@code raw}, which is a host alone, without scheme, user or port.
   *
   * @throws dev.chitin.bus.ChitinException.Denied {@code policy.host_denied} with a rule {@code
   *     host.<what>}
   */
  public static String canonical(String raw) {
    if (raw.isEmpty()) {
      throw denied("host.empty", "The host is empty.", "Name a host.");
    }
    if (raw.length() > MAX_CHARS + 1) {
      throw denied("host.too_long", "The host is longer than 253 characters.", "Use another host.");
    }
    checkAscii(raw);
    return raw.startsWith("[") ? v6(raw) : nameOrV4(raw.toLowerCase(Locale.ROOT));
  }

  /** The address bytes when {@code canonical} is an IP literal. */
  public static Optional<byte[]> literal(String canonical) {
    return canonical.startsWith("[")
        ? IpLiteral.parseV6(canonical.substring(1, canonical.length() - 1))
        : IpLiteral.parseV4(canonical);
  }

  private static void checkAscii(String raw) {
    for (int i = 0; i < raw.length(); i++) {
      if (raw.charAt(i) >= 0x80) {
        throw denied("host.non_ascii", "The host is not ASCII.", asciiHint(raw));
      }
    }
  }

  /** IDNA 2003 may give the hint; it never decides. */
  private static String asciiHint(String raw) {
    try {
      String ascii = IDN.toASCII(raw).toLowerCase(Locale.ROOT);
      return ascii.matches("[a-z0-9._-]{1,253}") && ascii.contains("xn--")
          ? "Write the name as " + ascii + ", if that is the one you mean."
          : "Write the name in ASCII (punycode).";
    } catch (IllegalArgumentException e) {
      return "Write the name in ASCII (punycode).";
    }
  }

  private static String v6(String raw) {
    if (!raw.endsWith("]")) {
      throw denied("host.ipv6", "The bracket of the address does not close.", "Write [address].");
    }
    String inside = raw.substring(1, raw.length() - 1);
    if (inside.indexOf('%') >= 0) {
      throw denied("host.ipv6_zone", "An address with a zone is refused.", "Leave the zone out.");
    }
    return IpLiteral.parseV6(inside)
        .map(bytes -> "[" + IpLiteral.format(bytes) + "]")
        .orElseThrow(
            () -> denied("host.ipv6", "That is not an IPv6 address.", "Write [2001:db8::1]."));
  }

  private static String nameOrV4(String lower) {
    boolean dotted = lower.endsWith(".");
    String name = dotted ? lower.substring(0, lower.length() - 1) : lower;
    if (name.length() > MAX_CHARS) {
      throw denied("host.too_long", "The host is longer than 253 characters.", "Use another host.");
    }
    String[] labels = name.split("\\.", -1);
    for (String label : labels) {
      checkLabel(label);
    }
    String last = labels[labels.length - 1];
    if (last.chars().allMatch(c -> c >= '0' && c <= '9') || last.startsWith("0x")) {
      if (dotted || IpLiteral.parseV4(name).isEmpty()) {
        throw denied(
            "host.ipv4_spelling",
            "A number form of an IPv4 address other than the dotted quad is refused.",
            "Write four decimal octets without leading zeros.");
      }
    }
    return name;
  }

  private static void checkLabel(String label) {
    if (label.isEmpty() || label.length() > 63) {
      throw denied(
          "host.label", "A label of the host is empty or longer than 63.", "Use another host.");
    }
    for (int i = 0; i < label.length(); i++) {
      char c = label.charAt(i);
      boolean letter = c >= 'a' && c <= 'z';
      boolean digit = c >= '0' && c <= '9';
      if (!letter && !digit && c != '-' && c != '_') {
        throw denied(
            "host.character",
            "The host holds a character that no host name has.",
            "Give the host alone: no user, port, path or escape.");
      }
    }
    if (label.startsWith("-") || label.endsWith("-")) {
      throw denied(
          "host.label", "A label of the host begins or ends with '-'.", "Use another host.");
    }
  }

  private static RuntimeException denied(String rule, String detail, String hint) {
    return new Denial(ProblemCode.POLICY_HOST_DENIED, rule, detail, hint).toException();
  }
}
