package dev.chitin.gateway.http;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Doctor;
import dev.chitin.gateway.Readiness;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.gateway.telemetry.LoopTicks;
import dev.chitin.vault.memory.SecretMemory;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the gateway lives, and whether it should be sent work. Open to all, and says to all no
 * more than that; who may read metrics is told why.
 */
final class HealthRoutes {
  private static final Operation LIVE =
      Operation.of("operations", "Whether the event loops answer")
          .gives(200, "They do.", "Health")
          .gives(503, "One does not.", "Health");

  private static final Operation READY =
      Operation.of("operations", "Whether the gateway should be sent work")
          .gives(200, "It should.", "Health")
          .gives(503, "It should not.", "Health");

  private final Readiness readiness;
  private final RequestObserver observer;

  HealthRoutes(Readiness readiness, RequestObserver observer) {
    this.readiness = readiness;
    this.observer = observer;
  }

  List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    // Balancers ask by HEAD too.
    for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.HEAD)) {
      routes.add(Route.open(method, "/health/live", this::live).withDetails().described(LIVE));
      routes.add(Route.open(method, "/health/ready", this::ready).withDetails().described(READY));
    }
    return routes;
  }

  private void live(Exchange exchange) {
    LoopTicks loops = observer.telemetry().loops();
    boolean turning = loops.turning();
    JsonValue.Builder body = JsonValue.object().put("status", turning ? "live" : "stalled");
    if (exchange.may(Scope.METRICS_READ)) {
      body.put(
          "loops",
          new JsonValue.Arr(
              loops.sinceTicks().stream().<JsonValue>map(JsonValue.Int::new).toList()));
    }
    exchange.respond(turning ? 200 : 503, body.build());
  }

  private void ready(Exchange exchange) {
    List<String> reasons = readiness.reasons();
    JsonValue.Builder body = JsonValue.object().put("status", status(reasons));
    if (exchange.may(Scope.METRICS_READ)) {
      body.put("vaultMemory", SecretMemory.level().toString());
      if (!reasons.isEmpty()) {
        body.put("reasons", reasons);
      }
      body.put(
          "controls",
          new JsonValue.Arr(
              readiness.controls().stream().<JsonValue>map(Doctor.Finding::toJson).toList()));
      if (!readiness.degraded().isEmpty()) {
        body.put("degraded", readiness.degraded());
      }
    }
    exchange.respond(reasons.isEmpty() ? 200 : 503, body.build());
  }

  private String status(List<String> reasons) {
    if (readiness.isDraining()) {
      return "draining";
    }
    return reasons.isEmpty() ? "ready" : "not_ready";
  }
}
