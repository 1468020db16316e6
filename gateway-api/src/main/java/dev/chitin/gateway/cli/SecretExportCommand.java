package dev.chitin.gateway.cli;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Foundation;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.vault.SecretName;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin secret export}: secrets for another vault, sealed to its key. */
@Command(
    name = "export",
    description = "Print secrets, each on a line, sealed to another vault's key.")
final class SecretExportCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "NAME", arity = "1..*", description = "The secrets' names.")
  private List<String> names = List.of();

  @Option(
      names = "--to",
      required = true,
      paramLabel = "KEY",
      description = "What chitin secret recipient prints on the receiving side.")
  private String recipient = "";

  SecretExportCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (!recipient.matches("[0-9a-f]{64}")) {
      throw SecretCommand.usage("A recipient is a key of 64 hex digits.");
    }
    for (String name : names) {
      var secret = new SecretName(name);
      JsonValue.Obj line =
          session.either(
              client ->
                  client.call(HttpMethod.POST, "/admin/vault/export/" + secret + "/" + recipient),
              foundation -> exported(foundation, secret));
      session.out().println(Texts.of(line, "secret"));
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj exported(Foundation foundation, SecretName secret) {
    return JsonValue.object()
        .put(
            "secret",
            foundation
                .vaultAdministration()
                .export(KeyRecord.TENANT, secret, recipient, Session.ACTOR, Session.deadline())
                .await())
        .build();
  }
}
