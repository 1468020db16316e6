package dev.chitin.gateway.http;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.openapi.OpenApiDocument;
import dev.chitin.gateway.openapi.Operation;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code GET /openapi.json}: the table of routes as an OpenAPI 3.1 document. Open to all: it says
 * what the product is and neither its version nor anything of this gateway.
 */
final class OpenApiRoute {
  private static final String PATH = "/openapi.json";

  private static final Operation OPERATION =
      Operation.of("operations", "This document").gives(200, "OpenAPI 3.1.", "OpenApi");

  private OpenApiRoute() {}

  /** The route that describes {@code routes} and itself. */
  static Route of(List<Route> routes) {
    List<Route> all = new ArrayList<>(routes);
    all.add(Route.open(HttpMethod.GET, PATH, exchange -> {}).described(OPERATION));
    Buffer document = Buffer.buffer(CanonicalJson.inOrder(document(all)) + "\n");
    return Route.open(
            HttpMethod.GET,
            PATH,
            exchange -> exchange.end(exchange.begin(200, "application/json"), document.slice()))
        .described(OPERATION);
  }

  static JsonValue.Obj document(List<Route> routes) {
    return OpenApiDocument.of(
        routes.stream()
            .map(
                route ->
                    new OpenApiDocument.Described(
                        route.method().name(),
                        route.segments(),
                        route.scope() == null ? null : route.scope().toString(),
                        route.body() != Route.Body.NONE,
                        route.operation()))
            .toList());
  }
}
