package dev.chitin.gateway.cli;

import dev.chitin.audit.AuditEvent;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Foundation;
import dev.chitin.gateway.auth.CreatedKey;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.auth.Role;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin key}: gateway keys, with the gateway up or down. */
@Command(name = "key", description = "Make, list and revoke gateway keys.")
final class KeyCommand {
  private static final String ACTOR = "local-operator";

  private final Session session;

  KeyCommand(Session session) {
    this.session = session;
  }

  @Command(name = "create", description = "Make a key and show it, this once.")
  int create(
      @Option(names = "--name", required = true, description = "Who holds it.") String name,
      @Option(
              names = "--role",
              defaultValue = "agent",
              description = "agent, operator, auditor or admin; default agent.")
          String roleName,
      @Option(
              names = "--tenant",
              defaultValue = KeyRecord.TENANT,
              description = "Whose key it is; default ${DEFAULT-VALUE}.")
          String tenant,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    Role role =
        Role.of(roleName)
            .orElseThrow(
                () ->
                    Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, "There is no such role.")
                        .withHint("Use agent, operator, auditor or admin.")
                        .toException());
    JsonValue.Obj created =
        remote()
            .map(
                client -> {
                  try (client) {
                    JsonValue.Obj body =
                        JsonValue.object()
                            .put("tenant", tenant)
                            .put("name", name)
                            .put("role", role.text())
                            .build();
                    return client.call(
                        HttpMethod.POST,
                        "/admin/keys",
                        "application/json",
                        Buffer.buffer(CanonicalJson.string(body)));
                  }
                })
            .orElseGet(() -> createHere(tenant, name, role));
    if (json) {
      session.print(created);
    } else {
      session.out().println(Texts.of(created, "key"));
      session.err().println("This key is shown once. Its id is " + Texts.of(created, "id") + ".");
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj createHere(String tenant, String name, Role role) {
    try (Foundation foundation = session.foundation()) {
      CreatedKey key = foundation.keys().create(tenant, name, role);
      record(foundation, "create", key.id(), name);
      return JsonValue.object().put("id", key.id()).put("key", key.key()).build();
    }
  }

  private static void record(Foundation foundation, String action, String id, String name) {
    foundation
        .audit()
        .append(
            new AuditEvent.KeyChange(action, id, name, ACTOR),
            Deadline.after(Duration.ofSeconds(5)))
        .await();
  }

  @Command(name = "list", description = "List keys; never their secret part.")
  int list(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj keys =
        remote()
            .map(
                client -> {
                  try (client) {
                    return client.call(HttpMethod.GET, "/admin/keys");
                  }
                })
            .orElseGet(this::listHere);
    if (json) {
      session.print(keys);
      return ExitCode.OK.value();
    }
    List<JsonValue> items =
        keys.get("keys") instanceof JsonValue.Arr list ? list.items() : List.of();
    for (JsonValue item : items) {
      if (item instanceof JsonValue.Obj key
          && key.get("created") instanceof JsonValue.Int created) {
        session
            .out()
            .printf(
                "%s  %-10s %-12s %-24s %s%n",
                Texts.of(key, "id"),
                Texts.of(key, "role"),
                Texts.of(key, "tenant"),
                Texts.of(key, "name"),
                Instant.ofEpochMilli(created.value()));
      }
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj listHere() {
    try (Foundation foundation = session.foundation()) {
      return KeyRecord.listJson(foundation.keys().list());
    }
  }

  @Command(name = "revoke", description = "Revoke a key; its next request is refused.")
  int revoke(
      @Parameters(paramLabel = "ID", description = "The key's id.") String id,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj revoked =
        remote()
            .map(
                client -> {
                  try (client) {
                    return client.call(HttpMethod.DELETE, "/admin/keys/" + id);
                  }
                })
            .orElseGet(() -> revokeHere(id));
    if (json) {
      session.print(revoked);
    } else {
      session.out().println("Revoked " + id + ".");
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj revokeHere(String id) {
    try (Foundation foundation = session.foundation()) {
      KeyRecord revoked = foundation.keys().revoke(id);
      record(foundation, "revoke", revoked.id(), revoked.name());
      return KeyRecord.listJson(List.of(revoked));
    }
  }

  private Optional<AdminClient> remote() {
    return AdminClient.listens(session.home().adminSocket())
        ? Optional.of(new AdminClient(session.home().adminSocket()))
        : Optional.empty();
  }
}
