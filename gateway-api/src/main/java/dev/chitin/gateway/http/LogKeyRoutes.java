package dev.chitin.gateway.http;

import dev.chitin.bus.json.JsonFields;
import dev.chitin.gateway.LogKeys;
import dev.chitin.gateway.auth.Scope;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;

/** The rotation of the log's signing key; on the administration socket only. */
final class LogKeyRoutes {
  private final AuditReads reads;
  private final LogKeys keys;

  LogKeyRoutes(AuditReads reads, LogKeys keys) {
    this.reads = reads;
    this.keys = keys;
  }

  List<Route> routes() {
    return List.of(
        Route.of(
            HttpMethod.POST,
            "/admin/audit/rotate-key",
            Scope.ADMIN,
            Route.Body.JSON,
            this::rotate));
  }

  /** {@code {"overlapMillis"}}. */
  private void rotate(Exchange exchange) {
    JsonFields body = AuditEventRoutes.body(exchange);
    long overlap =
        body.required(
            "overlapMillis",
            body.integer(
                "overlapMillis", LogKeys.MIN_OVERLAP.toMillis(), LogKeys.MAX_OVERLAP.toMillis()));
    body.end();
    reads
        .read(() -> keys.rotate(Duration.ofMillis(overlap)))
        .onSuccess(rotation -> exchange.respond(200, LogKeys.json(rotation)))
        .onFailure(failure -> exchange.fail(failure, null));
  }
}
