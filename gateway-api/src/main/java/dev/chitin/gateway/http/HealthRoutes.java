package dev.chitin.gateway.http;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Readiness;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.vault.memory.SecretMemory;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/**
 * Whether the gateway lives, whether it should be sent work, and how well it keeps secrets. Open to
 * all; says no more than that.
 */
final class HealthRoutes {
  private final Readiness readiness;

  HealthRoutes(Readiness readiness) {
    this.readiness = readiness;
  }

  List<Route> routes() {
    return List.of(
        Route.open(HttpMethod.GET, "/health/live", this::live)
            .described(
                Operation.of("operations", "Whether the event loops answer")
                    .gives(200, "They do.", "Health")
                    .gives(503, "One does not.", "Health")),
        Route.open(HttpMethod.GET, "/health/ready", this::ready)
            .described(
                Operation.of("operations", "Whether the gateway should be sent work")
                    .gives(200, "It should.", "Health")
                    .gives(503, "It should not.", "Health")));
  }

  private void live(Exchange exchange) {
    exchange.respond(200, JsonValue.object().put("status", "live").build());
  }

  private void ready(Exchange exchange) {
    List<String> reasons = readiness.reasons();
    JsonValue.Builder body =
        JsonValue.object().put("status", reasons.isEmpty() ? "ready" : "not_ready");
    body.put("vaultMemory", SecretMemory.level().toString());
    if (!reasons.isEmpty()) {
      body.put("reasons", reasons);
    }
    if (!readiness.degraded().isEmpty()) {
      body.put("degraded", readiness.degraded());
    }
    exchange.respond(reasons.isEmpty() ? 200 : 503, body.build());
  }
}
