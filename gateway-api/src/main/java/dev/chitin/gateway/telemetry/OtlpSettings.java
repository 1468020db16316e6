package dev.chitin.gateway.telemetry;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;

/**
 * Where spans go.
 *
 * @param endpoint base URL of an OTLP/HTTP receiver; spans go to {@code /v1/traces} below it
 * @param samplePercent of requests that are traced, 0 to 100
 */
public record OtlpSettings(URI endpoint, int samplePercent) {
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");

  /**
   * Checks {@code endpoint}: over the network only https.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid}
   */
  public static OtlpSettings checked(String endpoint, int samplePercent) {
    try {
      var uri = new URI(endpoint);
      boolean loopback = "http".equals(uri.getScheme()) && LOOPBACK.contains(host(uri));
      boolean plain = uri.getQuery() == null && uri.getFragment() == null;
      if (plain
          && uri.getUserInfo() == null
          && !host(uri).isEmpty()
          && (loopback || "https".equals(uri.getScheme()))) {
        return new OtlpSettings(uri, samplePercent);
      }
    } catch (URISyntaxException e) {
      throw refused().toException(e);
    }
    throw refused().toException();
  }

  private static String host(URI uri) {
    return uri.getHost() == null ? "" : uri.getHost();
  }

  private static Problem refused() {
    return Problem.of(
            ProblemCode.CONFIG_INVALID,
            "telemetry.otlp.endpoint is neither an https URL nor http on loopback.")
        .withRule("telemetry.otlp.endpoint")
        .withHint("Write https://collector.example:4318, or http://127.0.0.1:4318.");
  }

  String traces() {
    String base = endpoint.toString();
    return (base.endsWith("/") ? base : base + "/") + "v1/traces";
  }
}
