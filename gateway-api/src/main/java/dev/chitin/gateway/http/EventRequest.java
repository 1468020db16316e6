package dev.chitin.gateway.http;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.query.EventFilter;
import dev.chitin.audit.query.EventQuery;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.Scope;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What {@code GET /v1/audit/events} is asked for: {@code from}, {@code to} (RFC 3339 or
 * milliseconds since 1970), {@code kind}, {@code tenant} (administrators alone), {@code principal},
 * {@code tool}, {@code callId}, {@code code}, {@code decision}; {@code order} is {@code newest}
 * (the default) or {@code oldest}, {@code cursor} an index, {@code limit} 1 to 1000, 100 by
 * default.
 *
 * @param principal who was asked for, as entries name him; null for nobody in particular
 */
record EventRequest(
    EventFilter filter,
    OptionalLong cursor,
    int limit,
    boolean newestFirst,
    @Nullable String principal) {
  private static final List<String> NAMES =
      List.of(
          "from",
          "to",
          "kind",
          "tenant",
          "principal",
          "tool",
          "callId",
          "code",
          "decision",
          "order",
          "cursor",
          "limit");
  private static final int LIMIT = 100;

  static EventRequest of(Exchange exchange, AuditSearch search) {
    var asked = new QueryMembers(exchange.request().params(), NAMES);
    boolean admin = exchange.caller().may(Scope.ADMIN);
    String own = exchange.caller().principal().tenant();
    String tenant = asked.text("tenant").orElse(own);
    if (!admin && !tenant.equals(own)) {
      throw ownTenantAlone("Leave tenant out, or use a credential with the scope admin.");
    }
    EventFilter filter =
        EventFilter.ALL.between(
            asked.time("from").orElse(0), asked.time("to").orElse(Long.MAX_VALUE));
    if (!admin || asked.text("tenant").isPresent()) {
      filter = filter.tenant(tenant);
    }
    List<String> names =
        asked.text("principal").map(name -> search.names(tenant, name)).orElse(List.of());
    if (!names.isEmpty()) {
      filter = filter.principal(names);
    }
    Optional<String> tool = asked.text("tool");
    if (tool.isPresent()) {
      filter = filter.tool(search.tools(tenant, tool.get()));
    }
    filter = asked.one("kind", AuditEvent.kinds()).map(filter::kind).orElse(filter);
    filter = asked.text("callId").map(filter::call).orElse(filter);
    filter = asked.text("code").map(filter::code).orElse(filter);
    filter = asked.text("decision").map(filter::decision).orElse(filter);
    String order = asked.one("order", List.of("newest", "oldest")).orElse("newest");
    int limit = (int) asked.number("limit", 1, EventQuery.MOST).orElse(LIMIT);
    OptionalLong cursor = asked.number("cursor", 0, Long.MAX_VALUE);
    String shown = names.size() > 1 ? names.get(1) : null;
    return new EventRequest(filter, cursor, limit, order.equals("newest"), shown);
  }

  /** Who is no administrator asked for what other tenants did. */
  static ChitinException ownTenantAlone(String hint) {
    return Problem.of(ProblemCode.AUTH_SCOPE_INSUFFICIENT, "You see your own tenant's events.")
        .withRule("scope." + Scope.ADMIN)
        .withHint(hint)
        .toException();
  }
}
