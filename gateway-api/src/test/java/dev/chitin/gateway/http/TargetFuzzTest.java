package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.FuzzedTexts;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpUtils;
import java.lang.reflect.Proxy;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Spoiled targets, Hosts and Origins: what passes the guard is plain, and whatever comes behind it
 * reads it without a surprise.
 */
class TargetFuzzTest {
  private static final int COUNT = 100_000;
  private static final Set<String> HOSTS = Set.of("localhost:8787", "[::1]:8787");
  private static final Set<String> PAGES = Set.of("https://app.example.com");
  private static final Set<ProblemCode> REFUSALS =
      Set.of(
          ProblemCode.REQUEST_MALFORMED,
          ProblemCode.REQUEST_HOST_FORBIDDEN,
          ProblemCode.REQUEST_ORIGIN_FORBIDDEN,
          ProblemCode.REQUEST_UNSUPPORTED_MEDIA_TYPE,
          ProblemCode.REQUEST_HEADERS_TOO_LARGE);

  private final RequestGuard guard = new RequestGuard(HOSTS, "http", new Cors(PAGES));
  private final RouteTable routes =
      new RouteTable(
          List.of(
              Route.open(HttpMethod.GET, "/v1/tools/{name}", exchange -> {}),
              Route.open(HttpMethod.GET, "/v1/secrets/{name*}", exchange -> {}),
              Route.open(HttpMethod.POST, "/v1/tools/{name}/calls", exchange -> {})));

  private static HttpServerRequest request(String target, MultiMap fields) {
    return (HttpServerRequest)
        Proxy.newProxyInstance(
            TargetFuzzTest.class.getClassLoader(),
            new Class<?>[] {HttpServerRequest.class},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "headers" -> fields;
                  case "getHeader" -> fields.get(arguments[0].toString());
                  case "version" -> HttpVersion.HTTP_1_1;
                  case "uri" -> target;
                  case "path" -> HttpUtils.parsePath(target);
                  case "query" -> HttpUtils.parseQuery(target);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private Optional<Problem> refusal(HttpServerRequest request) {
    Optional<Problem> refusal = guard.refusal(request);
    refusal.ifPresent(problem -> assertThat(REFUSALS).contains(problem.code()));
    return refusal;
  }

  @Test
  void targets() {
    FuzzedTexts.of("targets")
        .show(
            COUNT,
            List.of(
                "/v1/tools/fs_read",
                "/v1/tools/fs_read/calls?x=1",
                "/v1/secrets/a/b/c?grace_s=5&host=api.example%3A8443",
                "http://localhost:8787/v1/tools/x?from=2026-01-31T12:00:00Z",
                "*",
                ""),
            target -> {
              MultiMap fields = MultiMap.caseInsensitiveMultiMap().add("host", "localhost:8787");
              HttpServerRequest request = request(target, fields);
              if (refusal(request).isEmpty()) {
                passed(request);
              }
            });
  }

  private void passed(HttpServerRequest request) {
    String path = RequestGuard.path(request);
    String decoded = URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    assertThat(path).startsWith("/");
    assertThat(decoded.chars().filter(c -> c == '/').count())
        .as("no slash comes of decoding")
        .isEqualTo(path.chars().filter(c -> c == '/').count());
    assertThat(List.of(decoded.split("/", -1))).doesNotContain("..", ".");
    assertThat(decoded).doesNotContain("\0", "\\");
    RouteTable.Lookup found = routes.find(HttpMethod.GET, path);
    if (found.match() != null) {
      assertThat(found.match().parameters().values()).allMatch(value -> !value.isEmpty());
    } else {
      assertThat(found.problem()).isNotNull();
    }
    HttpUtils.params(request.uri(), StandardCharsets.UTF_8, false).names();
  }

  @Test
  void hosts() {
    FuzzedTexts.of("hosts")
        .show(
            COUNT,
            List.of("localhost:8787", "LOCALHOST:8787", "[::1]:8787", "evil.example", ""),
            host -> {
              MultiMap fields = MultiMap.caseInsensitiveMultiMap().add("host", host);
              assertThat(refusal(request("/v1/tools", fields)).isEmpty())
                  .isEqualTo(HOSTS.contains(host.toLowerCase(Locale.ROOT)));
              fields.add("host", "localhost:8787");
              assertThat(refusal(request("/v1/tools", fields))).as("two").isPresent();
            });
  }

  @Test
  void origins() {
    Set<String> allowed =
        Set.of("https://app.example.com", "http://localhost:8787", "http://[::1]:8787");
    FuzzedTexts.of("origins")
        .show(
            COUNT,
            List.of(
                "https://app.example.com",
                "http://localhost:8787",
                "http://[::1]:8787",
                "null",
                "https://app.example.com.evil.example"),
            origin -> {
              MultiMap fields = MultiMap.caseInsensitiveMultiMap();
              fields.add("host", "localhost:8787").add("origin", origin);
              assertThat(refusal(request("/v1/tools", fields)).isEmpty())
                  .isEqualTo(allowed.contains(origin));
            });
  }

  @Test
  void configuredOrigins() {
    FuzzedTexts.of("cors_origins")
        .show(
            COUNT,
            List.of("https://app.example.com", "http://a.b:81", "https://[::1]:8443", "*", "null"),
            origin -> {
              try {
                assertThat(CorsOrigin.checked(origin, "key")).isEqualTo(origin);
                assertThat(origin).matches("https?://[^/?#@]+").doesNotContain("*");
              } catch (dev.chitin.bus.ChitinException refused) {
                assertThat(refused.problem().code()).isEqualTo(ProblemCode.CONFIG_INVALID);
              }
            });
  }
}
