package dev.chitin.gateway.http;

import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.openapi.Operation;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.function.Supplier;

/** {@code GET /metrics}: what the gateway counts, for who may read metrics. */
final class MetricsRoutes {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private final Supplier<String> scrape;

  /**
   * @param scrape the metrics in the text format of Prometheus, version 0.0.4
   */
  MetricsRoutes(Supplier<String> scrape) {
    this.scrape = scrape;
  }

  List<Route> routes() {
    return List.of(
        Route.of(HttpMethod.GET, "/metrics", Scope.METRICS_READ, Route.Body.NONE, this::metrics)
            .described(
                Operation.of("operations", "What the gateway counts (Prometheus text format)")
                    .gives(200, "The metrics.", "text/plain", "Text")));
  }

  private void metrics(Exchange exchange) {
    exchange.end(exchange.begin(200, TEXT), Buffer.buffer(exchange.clean("metrics", scrape.get())));
  }
}
