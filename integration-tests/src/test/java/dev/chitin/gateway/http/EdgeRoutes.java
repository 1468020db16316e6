package dev.chitin.gateway.http;

import dev.chitin.gateway.rate.RateLimit;
import dev.chitin.gateway.session.SessionBounds;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

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
    return entries(new HttpVerticle(edge(), 0, null, null).routes());
  }

  /** Those of the administration socket. */
  public static List<Entry> socket() throws ReflectiveOperationException {
    return entries(new AdminSocket(edge(), Path.of("none")).routes());
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

  /** Nothing of it is used before a request comes, but for the settings. */
  private static HttpEdge edge() throws ReflectiveOperationException {
    var settings =
        new EdgeSettings(
            "127.0.0.1",
            0,
            Set.of(),
            Set.of(),
            null,
            false,
            RateLimit.DEFAULT,
            SessionBounds.DEFAULT,
            new EdgeBounds(1, 1, 1, 1, 1, 1, 1, 1, 1));
    RecordComponent[] components = HttpEdge.class.getRecordComponents();
    Object[] parts =
        Arrays.stream(components)
            .map(component -> component.getType() == EdgeSettings.class ? settings : null)
            .toArray();
    return HttpEdge.class
        .getDeclaredConstructor(
            Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new))
        .newInstance(parts);
  }
}
