package dev.chitin.gateway.http;

import dev.chitin.gateway.calls.StreamBounds;
import dev.chitin.gateway.llm.LlmService;
import dev.chitin.gateway.llm.LlmSettings;
import dev.chitin.gateway.rate.RateLimit;
import dev.chitin.gateway.session.SessionBounds;
import io.vertx.core.Vertx;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The table of routes as the edge makes it, for tests that walk all of them. */
public final class EdgeRoutes {
  private EdgeRoutes() {}

  /**
   * One route.
   *
   * @param path with its parameters in braces
   * @param scope what it needs; empty when it is open to all
   */
  public record Entry(String method, String path, String scope) {}

  /** Those of the listener. */
  public static List<Entry> listener() throws ReflectiveOperationException {
    Vertx vertx = Vertx.vertx();
    try {
      return entries(HttpVerticle.routes(vertx, edge(vertx)));
    } finally {
      vertx.close().await();
    }
  }

  /** Those of the administration socket. */
  public static List<Entry> socket() throws ReflectiveOperationException {
    Vertx vertx = Vertx.vertx();
    try {
      return entries(new AdminSocket(edge(vertx), Path.of("none")).routes());
    } finally {
      vertx.close().await();
    }
  }

  private static List<Entry> entries(List<Route> routes) {
    return routes.stream()
        .map(
            route ->
                new Entry(
                    route.method().name(),
                    "/" + String.join("/", route.segments()),
                    route.scope() == null ? "" : route.scope().toString()))
        .toList();
  }

  /** Nothing of it is used before a request comes, but for sizes of bodies. */
  private static HttpEdge edge(Vertx vertx) throws ReflectiveOperationException {
    RecordComponent[] components = HttpEdge.class.getRecordComponents();
    @Nullable Object[] parts = new @Nullable Object[components.length];
    for (int i = 0; i < parts.length; i++) {
      parts[i] =
          switch (components[i].getName()) {
            case "settings" -> settings();
            case "llm" ->
                LlmService.class.getConstructors()[0].newInstance(
                    vertx,
                    new LlmSettings(List.of(), 1, 1),
                    "node",
                    null,
                    null,
                    null,
                    null,
                    null,
                    null);
            default -> null;
          };
    }
    return HttpEdge.class
        .getDeclaredConstructor(
            Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new))
        .newInstance(parts);
  }

  private static EdgeSettings settings() {
    return new EdgeSettings(
        "127.0.0.1",
        0,
        Set.of(),
        Set.of(),
        null,
        false,
        RateLimit.DEFAULT,
        SessionBounds.DEFAULT,
        new EdgeBounds(1, 1, 1, 1, 1, 1, 1, 1, 1, StreamBounds.DEFAULT));
  }
}
