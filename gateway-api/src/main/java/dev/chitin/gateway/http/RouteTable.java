package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.http.HttpMethod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds the route of a request. The table is small and fixed. */
final class RouteTable {
  private final List<Route> routes;

  RouteTable(List<Route> routes) {
    this.routes = List.copyOf(routes);
  }

  List<Route> routes() {
    return routes;
  }

  /**
   * What a request goes to.
   *
   * @param parameters path parameters by name
   */
  record Match(Route route, Map<String, String> parameters) {}

  /**
   * What was found: a match, or the problem and, for a wrong method, what is allowed.
   *
   * @param match null when there is none
   * @param problem null when there is a match
   * @param allowed methods for the {@code Allow} field, or null
   */
  record Lookup(@Nullable Match match, @Nullable Problem problem, @Nullable String allowed) {}

  Lookup find(HttpMethod method, String path) {
    List<String> segments = Route.split(path);
    boolean known = false;
    for (Route route : routes) {
      if (fits(route.segments(), segments)) {
        if (route.method().equals(method)) {
          return new Lookup(new Match(route, parameters(route.segments(), segments)), null, null);
        }
        known = true;
      }
    }
    if (!known) {
      return new Lookup(
          null,
          Problem.of(ProblemCode.REQUEST_NOT_FOUND, "No route has this path.")
              .withHint("GET /openapi.json lists the routes."),
          null);
    }
    String list = methods(path);
    return new Lookup(
        null,
        Problem.of(ProblemCode.REQUEST_METHOD_NOT_ALLOWED, "This path takes " + list + "."),
        list);
  }

  /** What a path takes, comma-separated; empty when no route has it. */
  String methods(String path) {
    List<String> segments = Route.split(path);
    var allowed = new TreeSet<String>();
    for (Route route : routes) {
      if (fits(route.segments(), segments)) {
        allowed.add(route.method().name());
      }
    }
    return String.join(", ", allowed);
  }

  private static boolean fits(List<String> template, List<String> segments) {
    boolean open = template.getLast().endsWith("*}");
    if (open ? segments.size() < template.size() : segments.size() != template.size()) {
      return false;
    }
    for (int i = 0; i < template.size(); i++) {
      String part = template.get(i);
      boolean fits =
          part.startsWith("{") ? !segments.get(i).isEmpty() : part.equals(segments.get(i));
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  private static Map<String, String> parameters(List<String> template, List<String> segments) {
    Map<String, String> parameters = new HashMap<>();
    for (int i = 0; i < template.size(); i++) {
      String part = template.get(i);
      if (part.endsWith("*}")) {
        parameters.put(
            part.substring(1, part.length() - 2),
            String.join("/", segments.subList(i, segments.size())));
      } else if (part.startsWith("{")) {
        parameters.put(part.substring(1, part.length() - 1), segments.get(i));
      }
    }
    return parameters;
  }
}
