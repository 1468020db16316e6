package dev.chitin.gateway.cli;

import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Foundation;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.vault.DeleteRequest;
import dev.chitin.vault.ListRequest;
import dev.chitin.vault.PutRequest;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.SecretMetadata;
import dev.chitin.vault.SecretName;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin secret}: the vault, with the gateway up or down. A secret never stands in argv. */
@Command(name = "secret", description = "Store, list and delete secrets. Nothing shows one again.")
final class SecretCommand {
  private static final String ACTOR = "local-operator";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Session session;

  SecretCommand(Session session) {
    this.session = session;
  }

  @Command(
      name = "put",
      description = "Store a secret, read from stdin, or asked for when stdin is a terminal.")
  int put(
      @Parameters(paramLabel = "NAME", description = "The secret's name.") String name,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    var secret = new SecretName(name);
    JsonValue.Obj stored;
    try (SecretBytes value = SecretReader.read(session.err())) {
      stored = stored(secret, value);
    }
    if (json) {
      session.print(stored);
    } else {
      session.out().println("Stored " + secret + ", version " + Texts.of(stored, "version") + ".");
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj stored(SecretName secret, SecretBytes value) {
    Path socket = session.home().adminSocket();
    if (AdminClient.listens(socket)) {
      try {
        return SecretSender.put(socket, "/v1/secrets/" + secret, value).orThrow();
      } catch (IOException e) {
        throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, "The gateway did not take the secret.")
            .withHint("Look at its log, and try again.")
            .toException(e);
      }
    }
    try (Foundation foundation = Foundation.open(session.settings(null))) {
      return json(
          foundation
              .vault()
              .put(new PutRequest(secret, value, KeyRecord.TENANT, ACTOR), Deadline.after(TIMEOUT))
              .await());
    }
  }

  @Command(name = "list", description = "List names and versions.")
  int list(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj secrets =
        either(
            client -> client.call(HttpMethod.GET, "/v1/secrets"),
            foundation ->
                listJson(
                    foundation
                        .vault()
                        .list(new ListRequest(KeyRecord.TENANT), Deadline.after(TIMEOUT))
                        .await()
                        .secrets()));
    if (json) {
      session.print(secrets);
      return ExitCode.OK.value();
    }
    List<JsonValue> items =
        secrets.get("secrets") instanceof JsonValue.Arr list ? list.items() : List.of();
    for (JsonValue item : items) {
      if (item instanceof JsonValue.Obj secret
          && secret.get("created") instanceof JsonValue.Int created) {
        session
            .out()
            .printf(
                "%-32s version %-4s %s%n",
                Texts.of(secret, "name"),
                Texts.of(secret, "version"),
                Instant.ofEpochMilli(created.value()));
      }
    }
    return ExitCode.OK.value();
  }

  @Command(name = "delete", description = "Delete a secret with all its versions.")
  int delete(
      @Parameters(paramLabel = "NAME", description = "The secret's name.") String name,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    var secret = new SecretName(name);
    JsonValue.Obj deleted =
        either(
            client -> client.call(HttpMethod.DELETE, "/v1/secrets/" + secret),
            foundation ->
                json(
                    foundation
                        .vault()
                        .delete(
                            new DeleteRequest(secret, KeyRecord.TENANT, ACTOR),
                            Deadline.after(TIMEOUT))
                        .await()));
    if (json) {
      session.print(deleted);
    } else {
      session.out().println("Deleted " + secret + ".");
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj either(
      Function<AdminClient, JsonValue.Obj> remote, Function<Foundation, JsonValue.Obj> here) {
    if (AdminClient.listens(session.home().adminSocket())) {
      try (var client = new AdminClient(session.home().adminSocket())) {
        return remote.apply(client);
      }
    }
    try (Foundation foundation = Foundation.open(session.settings(null))) {
      return here.apply(foundation);
    }
  }

  private static JsonValue.Obj json(SecretMetadata secret) {
    return JsonValue.object()
        .put("name", secret.name().value())
        .put("version", secret.version())
        .put("created", secret.createdMillis())
        .build();
  }

  private static JsonValue.Obj listJson(List<SecretMetadata> secrets) {
    return JsonValue.object()
        .put(
            "secrets",
            new JsonValue.Arr(secrets.stream().<JsonValue>map(SecretCommand::json).toList()))
        .build();
  }
}
