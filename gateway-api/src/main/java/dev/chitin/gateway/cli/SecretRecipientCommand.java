package dev.chitin.gateway.cli;

import dev.chitin.bus.json.JsonValue;
import io.vertx.core.http.HttpMethod;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin secret recipient}: the key that others export to this vault with. */
@Command(
    name = "recipient",
    description = "Print the key that others export to this vault with; made at first use.")
final class SecretRecipientCommand implements Callable<Integer> {
  private final Session session;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  SecretRecipientCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonValue.Obj key =
        session.either(
            client -> client.call(HttpMethod.POST, "/admin/vault/recipient"),
            foundation ->
                JsonValue.object()
                    .put(
                        "recipient",
                        foundation.vaultAdministration().recipient(Session.deadline()).await())
                    .build());
    if (json) {
      session.print(key);
    } else {
      session.out().println(Texts.of(key, "recipient"));
    }
    return ExitCode.OK.value();
  }
}
