package dev.chitin.gateway.http;

import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.policy.Principal;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * {@code GET /v1/audit/stream}: entries as they become durable, from {@code Last-Event-ID} on (not
 * itself), or from the index {@code from} on, or from now on. {@code names=true} gives {@code
 * {"index", "entry", "opened"}} instead of the entry.
 */
final class AuditStreamRoutes {
  private final AuditStreams streams;
  private final CredentialWatch watch;
  private final AuditLog audit;

  AuditStreamRoutes(AuditStreams streams, CredentialWatch watch, AuditLog audit) {
    this.streams = streams;
    this.watch = watch;
    this.audit = audit;
  }

  List<Route> routes() {
    return List.of(
        Route.of(
                HttpMethod.GET, "/v1/audit/stream", Scope.AUDIT_READ, Route.Body.NONE, this::stream)
            .described(
                Operation.of("audit", "Read entries as they become durable")
                    .query(
                        "from", "integer", "The first index; without it, what comes from now on.")
                    .query("names", "boolean", "Whether sealed names are opened.")
                    .header("Last-Event-ID", "integer", "The last index that was seen.")
                    .gives(200, "Server-sent events.", "text/event-stream", "Text")));
  }

  private void stream(Exchange exchange) {
    long next = next(exchange);
    boolean names = flag(exchange);
    boolean admin = exchange.caller().may(Scope.ADMIN);
    Principal reader = exchange.caller().principal();
    var subscription =
        new AuditSubscription(streams, exchange, next, admin ? null : reader.tenant(), names);
    AccessRecord.append(audit, exchange, "stream", null, next, 0)
        .onSuccess(recorded -> begin(exchange, subscription))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private void begin(Exchange exchange, AuditSubscription subscription) {
    if (!exchange.response().closed()) {
      try {
        subscription.begin(watch);
      } catch (RuntimeException refused) {
        exchange.fail(refused, null);
      }
    }
  }

  private long next(Exchange exchange) {
    for (String name : exchange.request().params().names()) {
      if (!name.equals("from") && !name.equals("names")) {
        throw malformed("The query takes from and names.");
      }
    }
    OptionalLong last = RequestFields.lastEventId(exchange.request().headers());
    String from = exchange.request().getParam("from");
    long index;
    if (last.isPresent()) {
      index = last.getAsLong() + 1;
    } else if (from == null) {
      return streams.size();
    } else if (from.matches("[0-9]{1,15}")) {
      index = Long.parseLong(from);
    } else {
      throw malformed("from is the index of an entry.");
    }
    if (index > streams.size()) {
      throw malformed("The log has no entry of that index yet.");
    }
    return index;
  }

  private static boolean flag(Exchange exchange) {
    String names = Objects.requireNonNullElse(exchange.request().getParam("names"), "false");
    if (!names.equals("true") && !names.equals("false")) {
      throw malformed("names is true or false.");
    }
    return names.equals("true");
  }

  private static RuntimeException malformed(String detail) {
    return Problem.of(ProblemCode.REQUEST_MALFORMED, detail)
        .withHint("Send the id of the last event that you have seen, or leave it out.")
        .toException();
  }
}
