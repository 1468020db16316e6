package dev.chitin.gateway.http;

import dev.chitin.audit.AuditLog;
import dev.chitin.audit.FieldSealer.Subject;
import dev.chitin.audit.query.EventPage;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.openapi.Operation;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;

/**
 * Events for whoever may read them: a tenant's own, an administrator all. That somebody read is
 * recorded before he has the answer. Destroying a subject's keys is for the administration socket.
 */
final class AuditEventRoutes {
  private final AuditSearch search;
  private final AuditLog audit;

  AuditEventRoutes(AuditSearch search, AuditLog audit) {
    this.search = search;
    this.audit = audit;
  }

  List<Route> routes() {
    return List.of(
        Route.of(
                HttpMethod.GET, "/v1/audit/events", Scope.AUDIT_READ, Route.Body.NONE, this::events)
            .described(
                Operation.of("audit", "Find events")
                    .query("from", "string", "Not before: RFC 3339, or milliseconds since 1970.")
                    .query("to", "string", "Before; likewise.")
                    .query("kind", "string", "The kind, ToolExecution say.")
                    .query("tenant", "string", "Whose; for administrators.")
                    .query("principal", "string", "Who.")
                    .query("tool", "string", "Which tool.")
                    .query("callId", "string", "Which call.")
                    .query("code", "string", "Which problem.")
                    .query("decision", "string", "How it was decided.")
                    .query("order", "string", "newest (the default) or oldest first.")
                    .query("cursor", "integer", "Where to go on: next of the page before.")
                    .query("limit", "integer", "1 to 1000; 100 by default.")
                    .gives(200, "A page.", "EventPage")));
  }

  List<Route> administration() {
    return List.of(
        Route.of(HttpMethod.POST, "/admin/audit/shred", Scope.ADMIN, Route.Body.JSON, this::shred));
  }

  private void events(Exchange exchange) {
    EventRequest request = EventRequest.of(exchange, search);
    search
        .search(request.filter(), request.cursor(), request.limit(), request.newestFirst())
        .compose(
            page ->
                AccessRecord.append(
                        audit,
                        exchange,
                        "query",
                        request.principal(),
                        from(page),
                        page.found().size())
                    .map(recorded -> page))
        .onSuccess(page -> exchange.respond(200, json(page)))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  private static long from(EventPage page) {
    return page.found().isEmpty() ? 0 : page.found().getFirst().entry().index();
  }

  private Obj json(EventPage page) {
    List<JsonValue> entries = new ArrayList<>();
    for (EventPage.Found found : page.found()) {
      entries.add(json(found.entry().index(), found.members(), search));
    }
    JsonValue.Builder answer =
        JsonValue.object()
            .put("entries", new JsonValue.Arr(entries))
            .put("complete", page.complete())
            .put("scanned", page.scanned())
            .put("size", page.size());
    page.next().ifPresent(next -> answer.put("next", next));
    return answer.build();
  }

  /** An entry with what its sealed names are, as far as their keys are there. */
  static Obj json(long index, Obj entry, AuditSearch search) {
    Obj opened = search.sealed().open(entry);
    return JsonValue.object()
        .put("index", index)
        .put("entry", entry)
        .put("opened", opened.members().isEmpty() ? null : opened)
        .build();
  }

  /** {@code {"subject", "tenant"?}}; recorded by the hash that entries have of him. */
  private void shred(Exchange exchange) {
    JsonFields body = body(exchange);
    String name = body.required("subject", body.string("subject"));
    String tenant = body.string("tenant").orElse(KeyRecord.TENANT);
    body.end();
    search
        .keys()
        .shred(
            new Subject(tenant, name),
            hash ->
                AccessRecord.append(
                    audit, exchange, "shred", hash.orElse(null), 0, hash.isPresent() ? 1 : 0))
        .onSuccess(
            hash ->
                exchange.respond(
                    200,
                    JsonValue.object()
                        .put("destroyed", hash.isPresent())
                        .put("hash", hash.orElse(null))
                        .build()))
        .onFailure(failure -> exchange.fail(failure, null));
  }

  static JsonFields body(Exchange exchange) {
    try {
      return JsonFields.of(StrictJson.parse(exchange.body().borrow()), "");
    } catch (JsonSyntaxException e) {
      throw Problem.of(ProblemCode.REQUEST_MALFORMED, "The body is not JSON: " + e.getMessage())
          .toException();
    }
  }
}
