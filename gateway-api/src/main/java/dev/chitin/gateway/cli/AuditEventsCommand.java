package dev.chitin.gateway.cli;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Arr;
import dev.chitin.bus.json.JsonValue.Bool;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import io.vertx.core.http.HttpMethod;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin audit events}: asks the running gateway for entries. */
@Command(
    name = "events",
    description = {
      "Find entries of the running gateway's log, one JSON object a line.",
      "Names that entries have sealed are opened. What the search did not come to is "
          + "said on stderr with the cursor to go on from."
    })
final class AuditEventsCommand implements Callable<Integer> {
  private final Session session;

  @Option(names = "--from", paramLabel = "TIME", description = "RFC 3339, or ms since 1970.")
  private @Nullable String from;

  @Option(names = "--to", paramLabel = "TIME", description = "Likewise; not included.")
  private @Nullable String to;

  @Option(names = "--kind", description = "ToolExecution, AuthFailure, Session and so on.")
  private @Nullable String kind;

  @Option(names = "--tenant", description = "Of this tenant alone.")
  private @Nullable String tenant;

  @Option(names = "--principal", description = "Who, by name; an address too.")
  private @Nullable String principal;

  @Option(names = "--tool", description = "The tool's name.")
  private @Nullable String tool;

  @Option(names = "--call", paramLabel = "ID", description = "The call's id.")
  private @Nullable String call;

  @Option(names = "--code", description = "A code, policy.path_denied say.")
  private @Nullable String code;

  @Option(names = "--decision", description = "authorized, denied, not_run, completed and so on.")
  private @Nullable String decision;

  @Option(names = "--oldest", description = "Oldest first; default newest first.")
  private boolean oldest;

  @Option(names = "--cursor", paramLabel = "INDEX", description = "Go on from here.")
  private @Nullable Long cursor;

  @Option(names = "--limit", defaultValue = "100", description = "At most; default 100, to 1000.")
  private int limit;

  @Option(names = "--json", description = "Print the whole answer as one document.")
  private boolean json;

  AuditEventsCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (AdminClient client = session.gateway("Start it, or read the files: chitin audit tail.")) {
      Obj page = client.call(HttpMethod.GET, "/v1/audit/events?" + query());
      if (json) {
        session.print(page);
      } else {
        print(page);
      }
    }
    return ExitCode.OK.value();
  }

  private String query() {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    members.put("from", from);
    members.put("to", to);
    members.put("kind", kind);
    members.put("tenant", tenant);
    members.put("principal", principal);
    members.put("tool", tool);
    members.put("callId", call);
    members.put("code", code);
    members.put("decision", decision);
    members.put("cursor", cursor);
    members.put("limit", limit);
    members.put("order", oldest ? "oldest" : "newest");
    var query = new StringBuilder();
    members.forEach(
        (name, value) -> {
          if (value != null) {
            query
                .append(query.isEmpty() ? "" : "&")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value.toString(), StandardCharsets.UTF_8));
          }
        });
    return query.toString();
  }

  private void print(Obj page) {
    List<JsonValue> entries =
        page.get("entries") instanceof Arr list ? list.items() : List.<JsonValue>of();
    entries.forEach(
        entry -> session.out().println(Texts.printable(CanonicalJson.inOrder(entry), false)));
    if (page.get("next") instanceof Int next) {
      boolean complete = page.get("complete") instanceof Bool whole && whole.value();
      session
          .err()
          .println(
              (complete ? "there may be more" : "the search ended at its bound, not at its end")
                  + ": go on with --cursor "
                  + next.value());
    }
  }
}
