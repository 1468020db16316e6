package dev.chitin.policy;

import dev.chitin.bus.ProblemCode;

/**
 * An absolute URL that a caller asks for, taken apart once; nobody parses the text again.
 *
 * @param scheme {@code http} or {@code https}
 * @param host canonical, see {@link RequestHost}
 * @param port 1 to 65535, the scheme's own when none was given
 * @param pathAndQuery begins with a slash; ASCII without space, quotes, backslash and fragment
 */
public record RequestUrl(String scheme, String host, int port, String pathAndQuery) {
  /** Longest URL, in characters. */
  public static final int MAX_CHARS = 8_192;

  /**
   * Takes {@code raw} apart (RFC 3986, narrowed: no user information, no fragment, no relative
   * form).
   *
   * @throws dev.chitin.bus.ChitinException.Denied {@code policy.host_denied} with a rule {@code
   *     host.<what>}
   */
  public static RequestUrl parse(String raw) {
    if (raw.length() > MAX_CHARS) {
      throw denied("host.url_too_long", "The URL is longer than 8192 characters.", "Shorten it.");
    }
    checkCharacters(raw);
    int colon = raw.indexOf("://");
    String scheme = colon < 0 ? "" : raw.substring(0, colon).toLowerCase(java.util.Locale.ROOT);
    if (!scheme.equals("https") && !scheme.equals("http")) {
      throw denied("host.scheme", "Only http and https URLs are fetched.", "Write https://….");
    }
    int start = colon + 3;
    int end = start;
    while (end < raw.length() && raw.charAt(end) != '/' && raw.charAt(end) != '?') {
      end++;
    }
    String rest = raw.substring(end);
    return authority(scheme, raw.substring(start, end), rest.startsWith("/") ? rest : "/" + rest);
  }

  private static void checkCharacters(String raw) {
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c >= 0x80) {
        throw denied(
            "host.non_ascii",
            "The URL is not ASCII.",
            "Write the host in punycode and the rest percent-encoded.");
      }
      if (c <= 0x20 || c == 0x7f || c == '\\' || c == '"' || c == '<' || c == '>') {
        throw denied(
            "host.character", "The URL holds a character that no URL has.", "Percent-encode it.");
      }
      if (c == '#') {
        throw denied("host.fragment", "The URL has a fragment.", "Leave out '#' and what follows.");
      }
    }
  }

  private static RequestUrl authority(String scheme, String authority, String pathAndQuery) {
    if (authority.indexOf('@') >= 0) {
      throw denied(
          "host.userinfo", "The URL names a user.", "Leave out what stands before the '@'.");
    }
    int colon = authority.startsWith("[") ? authority.indexOf("]:") + 1 : authority.indexOf(':');
    if (colon <= 0) {
      int port = scheme.equals("https") ? 443 : 80;
      return new RequestUrl(scheme, RequestHost.canonical(authority), port, pathAndQuery);
    }
    String port = authority.substring(colon + 1);
    if (!port.matches("[1-9][0-9]{0,4}") || Integer.parseInt(port) > 65_535) {
      throw denied("host.port", "The port is not one of 1 to 65535.", "Write host:port.");
    }
    return new RequestUrl(
        scheme,
        RequestHost.canonical(authority.substring(0, colon)),
        Integer.parseInt(port),
        pathAndQuery);
  }

  private static RuntimeException denied(String rule, String detail, String hint) {
    return new Denial(ProblemCode.POLICY_HOST_DENIED, rule, detail, hint).toException();
  }
}
