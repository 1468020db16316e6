package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is checked of a request before anything else: its target, its Host against DNS rebinding,
 * its Origin, its codings. Costs nothing that a stranger could make large.
 */
final class RequestGuard {
  private static final int MOST_FIELDS = 100;

  /** Names under which clients put a credential where logs, histories and referrers keep it. */
  private static final Pattern CREDENTIAL =
      Pattern.compile(
          "(?i)(?:^|&)(?:(?:(?:access_|auth_|bearer_|id_)?token|api_?key|x-api-key|authorization)="
              + "|[^=&]*=(?:ck_|eyJ))");

  /** RFC 3986, section 2.1. */
  private static final Pattern HALF_ENCODED = Pattern.compile("%(?![0-9A-Fa-f]{2})");

  private final Set<String> hosts;
  private final String scheme;
  private final Cors cors;

  /**
   * @param hosts accepted Host fields, lower case
   * @param scheme of this listener, {@code http} or {@code https}
   * @param cors the origins of other pages that may call
   */
  RequestGuard(Set<String> hosts, String scheme, Cors cors) {
    this.hosts = Set.copyOf(hosts);
    this.scheme = scheme;
    this.cors = cors;
  }

  /** Why the request goes no further, if so. */
  Optional<Problem> refusal(HttpServerRequest request) {
    if (hasTooManyFields(request)) {
      return Optional.of(
          Problem.of(
              ProblemCode.REQUEST_HEADERS_TOO_LARGE,
              "The request has more than " + MOST_FIELDS + " header fields."));
    }
    if (request.version() == HttpVersion.HTTP_2 && hasControls(request)) {
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_MALFORMED, "A header field holds a control character."));
    }
    List<String> host = hosts(request);
    if (host.size() != 1) {
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_MALFORMED, "The request must have exactly one Host."));
    }
    if (!hosts.contains(host.getFirst().toLowerCase(Locale.ROOT))) {
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_HOST_FORBIDDEN, "The Host is not one of this gateway.")
              .withRule("gateway.hosts")
              .withHint("List the name under which clients reach the gateway in gateway.hosts."));
    }
    List<String> origins = request.headers().getAll("origin");
    if (!origins.stream().allMatch(origin -> ownOrigin(origin) || cors.allows(origin))) {
      return Optional.of(
          Problem.of(
                  ProblemCode.REQUEST_ORIGIN_FORBIDDEN, "Pages of this Origin may not call here.")
              .withRule("gateway.cors_origins")
              .withHint("List the origin in gateway.cors_origins if its pages are to call."));
    }
    // Clients may offer HTTP/2 (h2c) with any request, and a server may overhear it (RFC 9110 7.8).
    if (request.headers().contains("upgrade", "websocket", true)) {
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_MALFORMED, "There is nothing here to upgrade to.")
              .withHint("Stream with Accept: text/event-stream; there is no WebSocket."));
    }
    if (request.headers().contains("content-encoding")) {
      return Optional.of(
          Problem.of(
                  ProblemCode.REQUEST_UNSUPPORTED_MEDIA_TYPE,
                  "A request body must not have a content coding.")
              .withHint("Send the body uncompressed."));
    }
    if (!named(request.uri(), host.getFirst())) {
      return Optional.of(
          Problem.of(
              ProblemCode.REQUEST_MALFORMED, "The target names another authority than the Host."));
    }
    if (request.uri() != null && HALF_ENCODED.matcher(request.uri()).find()) {
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_MALFORMED, "A percent sign in the target encodes nothing.")
              .withHint("Write a percent sign itself as %25."));
    }
    String query = request.query();
    if (query != null && CREDENTIAL.matcher(query).find()) {
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_MALFORMED, "A credential must not be in the target.")
              .withHint(
                  "Send it as Authorization: Bearer <key>, and make another: it is spoiled."));
    }
    return target(path(request));
  }

  /** Each field counts, also the second of one name. */
  private static boolean hasTooManyFields(HttpServerRequest request) {
    Iterator<Map.Entry<String, String>> fields = request.headers().iterator();
    for (int i = 0; i < MOST_FIELDS && fields.hasNext(); i++) {
      fields.next();
    }
    return fields.hasNext();
  }

  /** The decoder of HTTP/1 refuses them; that of HTTP/2 lets them pass (RFC 9113, 8.2.1). */
  private static boolean hasControls(HttpServerRequest request) {
    for (Map.Entry<String, String> field : request.headers()) {
      String value = field.getValue();
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if ((c < 0x20 && c != '\t') || c == 0x7F) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a target in absolute form (RFC 9112, section 3.2.2) means the same as the Host. */
  private static boolean named(@Nullable String target, String host) {
    int scheme = target == null || target.startsWith("/") ? -1 : target.indexOf("://");
    return target == null
        || scheme < 0
        || (target.substring(0, scheme).toLowerCase(Locale.ROOT).matches("https?")
            && target.substring(scheme + 3).split("[/?#]", 2)[0].equalsIgnoreCase(host));
  }

  /** The path of the target; empty when it has none. */
  static String path(HttpServerRequest request) {
    String path = request.path();
    return path == null ? "" : path;
  }

  /** Every name by which the request says whom it wants: HTTP/2 has its own place for it. */
  private static List<String> hosts(HttpServerRequest request) {
    List<String> named = request.headers().getAll("host");
    if (request.version() != HttpVersion.HTTP_2) {
      return named;
    }
    HostAndPort authority = request.authority(true);
    if (authority == null) {
      HostAndPort host = request.authority(); // What it says of a Host alone stands here.
      return named.isEmpty() && host != null ? List.of(host.toString()) : named;
    }
    return named.stream().allMatch(host -> host.equalsIgnoreCase(authority.toString()))
        ? List.of(authority.toString())
        : List.of();
  }

  private boolean ownOrigin(String origin) {
    String prefix = scheme + "://";
    return origin.startsWith(prefix) && hosts.contains(origin.substring(prefix.length()));
  }

  private static boolean isPlain(String path) {
    if (!path.startsWith("/") || !hasPlainCharacters(path)) {
      return false;
    }
    if (path.indexOf('%') < 0 && !path.contains("/.")) {
      return true;
    }
    String lower = path.toLowerCase(Locale.ROOT) + "/";
    return !lower.contains("%2f")
        && !lower.contains("%5c")
        && !lower.contains("%00")
        && !lower.contains("%2e")
        && !lower.contains("/../")
        && !lower.contains("/./");
  }

  private static boolean hasPlainCharacters(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= 0x20 || c >= 0x7F || c == '\\') {
        return false;
      }
    }
    return true;
  }

  private static Optional<Problem> target(String path) {
    return isPlain(path)
        ? Optional.empty()
        : Optional.of(
            Problem.of(ProblemCode.REQUEST_MALFORMED, "The request target is not a plain path.")
                .withHint("Do not encode slashes or dots, and leave dot segments out."));
  }
}
