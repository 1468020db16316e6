package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What is checked of a request before anything else: its target, its Host against DNS rebinding,
 * its Origin, its codings. Costs nothing that a stranger could make large.
 */
final class RequestGuard {
  private final Set<String> hosts;

  /**
   * @param hosts accepted Host fields, lower case
   */
  RequestGuard(Set<String> hosts) {
    this.hosts = Set.copyOf(hosts);
  }

  /** Why the request goes no further, if so. */
  Optional<Problem> refusal(HttpServerRequest request) {
    List<String> host = request.headers().getAll("host");
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
    String origin = request.getHeader("origin");
    if (origin != null && !ownOrigin(origin)) {
      return Optional.of(
          Problem.of(
                  ProblemCode.REQUEST_ORIGIN_FORBIDDEN, "Pages of this Origin may not call here.")
              .withRule("gateway.cors_origins"));
    }
    if (request.headers().contains("content-encoding")) {
      return Optional.of(
          Problem.of(
                  ProblemCode.REQUEST_UNSUPPORTED_MEDIA_TYPE,
                  "A request body must not have a content coding.")
              .withHint("Send the body uncompressed."));
    }
    return target(path(request));
  }

  /** The path of the target; empty when it has none. */
  static String path(HttpServerRequest request) {
    String path = request.path();
    return path == null ? "" : path;
  }

  private boolean ownOrigin(String origin) {
    return origin.startsWith("http://") && hosts.contains(origin.substring(7));
  }

  private static Optional<Problem> target(String path) {
    String lower = path.toLowerCase(Locale.ROOT);
    boolean plain =
        path.startsWith("/")
            && !lower.contains("%2f")
            && !lower.contains("%5c")
            && !lower.contains("%00")
            && !lower.contains("%2e")
            && !("/" + lower + "/").contains("/../")
            && !("/" + lower + "/").contains("/./")
            && path.chars().allMatch(c -> c > 0x20 && c < 0x7F);
    return plain
        ? Optional.empty()
        : Optional.of(
            Problem.of(ProblemCode.REQUEST_MALFORMED, "The request target is not a plain path.")
                .withHint("Do not encode slashes or dots, and leave dot segments out."));
  }
}
