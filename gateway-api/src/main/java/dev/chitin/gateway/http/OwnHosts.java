package dev.chitin.gateway.http;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.RequestHost;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names under which clients reach the gateway, as their Host fields have them. */
public final class OwnHosts {
  private static final Pattern ENTRY =
      Pattern.compile("(\\[[^\\]]*\\]|[^:\\[\\]]*)(?::([1-9][0-9]{0,4}))?");

  /**
   * An entry of {@code gateway.hosts}.
   *
   * @param host canonical
   * @param port 0 when none is written
   */
  private record Entry(String host, int port) {}

  private OwnHosts() {}

  /**
   * Checks one entry of {@code gateway.hosts}.
   *
   * @param key where it stands
   * @throws ChitinException {@code config.invalid} for what no Host field can be
   */
  public static String checked(String entry, String key) {
    try {
      Matcher parts = ENTRY.matcher(entry);
      if (parts.matches() && !canonical(parts).isEmpty() && port(parts) <= 65_535) {
        return entry;
      }
    } catch (ChitinException noHost) {
      throw invalid(key, entry).toException(noHost);
    }
    throw invalid(key, entry).toException();
  }

  private static Problem invalid(String key, String entry) {
    return Problem.of(
            ProblemCode.CONFIG_INVALID,
            key + ": \"" + entry + "\" is no name under which clients reach the gateway.")
        .withRule(key)
        .withHint(
            "Write gw.example.com or gw.example.com:8443: a name or an address ([2001:db8::1]),"
                + " without scheme and path; there is no wildcard.");
  }

  private static String canonical(Matcher parts) {
    return RequestHost.canonical(parts.group(1));
  }

  private static int port(Matcher parts) {
    return parts.group(2) == null ? 0 : Integer.parseInt(parts.group(2));
  }

  private static Entry entry(String text) {
    Matcher parts = ENTRY.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(text);
    }
    return new Entry(canonical(parts), port(parts));
  }

  /**
   * The Host fields that a listener takes, lower case: against DNS rebinding. A name without a port
   * in {@code gateway.hosts} is reached at the gateway's own port and at the scheme's; one with a
   * port at that port alone. The scheme's port is not written.
   *
   * @param port the listener's
   */
  static Set<String> of(EdgeSettings settings, int port) {
    int silent = settings.clientScheme().equals("https") ? 443 : 80;
    Set<String> names = new HashSet<>();
    // Clients do not send the zone of an address (RFC 6874 section 1).
    String listening = settings.literalHost().replaceFirst("%[^\\]]*", "");
    for (String host : List.of(listening, "localhost", "127.0.0.1", "[::1]")) {
      add(names, RequestHost.canonical(host), port, silent);
    }
    for (String text : settings.hosts()) {
      Entry entry = entry(text);
      if (entry.port() == 0) {
        add(names, entry.host(), port, silent);
        add(names, entry.host(), silent, silent);
      } else {
        add(names, entry.host(), entry.port(), silent);
      }
    }
    return names;
  }

  private static void add(Set<String> names, String host, int port, int silent) {
    names.add(host + ":" + port);
    if (port == silent) {
      names.add(host);
    }
  }
}
