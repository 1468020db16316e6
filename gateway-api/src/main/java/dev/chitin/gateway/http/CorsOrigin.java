package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/** The origin of a web page as browsers write it (RFC 6454 section 6.2). */
public final class CorsOrigin {
  private CorsOrigin() {}

  /**
   * Checks one entry of {@code gateway.cors_origins}.
   *
   * @param key where it stands
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} for what no browser sends
   */
  public static String checked(String origin, String key) {
    try {
      URI uri = new URI(origin);
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      boolean plain =
          uri.getHost() != null
              && origin.equals(origin.toLowerCase(Locale.ROOT))
              && origin.equals(
                  uri.getScheme()
                      + "://"
                      + uri.getHost()
                      + (uri.getPort() < 0 ? "" : ":" + uri.getPort()))
              && uri.getPort() != 0
              && uri.getPort() <= 65_535
              && uri.getPort() != ("https".equals(uri.getScheme()) ? 443 : 80);
      if (web && plain) {
        return origin;
      }
    } catch (URISyntaxException e) {
      throw invalid(origin, key).toException(e);
    }
    throw invalid(origin, key).toException();
  }

  private static Problem invalid(String origin, String key) {
    return Problem.of(ProblemCode.CONFIG_INVALID, key + ": " + origin + " is no web origin.")
        .withRule(key)
        .withHint(
            "Write it as browsers send it: https://host or https://host:port, lower case, without"
                + " a path and without the scheme's own port; there is no wildcard.");
  }
}
