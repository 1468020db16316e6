package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.http.VaultJson;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin vault}: the ways to open it and the keys in it, with the gateway up or down. */
@Command(name = "vault", description = "How the vault stands, the ways to open it, and its keys.")
final class VaultCommand {
  private final Session session;

  VaultCommand(Session session) {
    this.session = session;
  }

  @Command(name = "status", description = "How the vault stands.")
  int status(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj vault = show();
    if (json) {
      session.print(vault);
      return ExitCode.OK.value();
    }
    for (String name :
        List.of(
            "vault",
            "secrets",
            "epoch",
            "term",
            "rewrapping",
            "orphans",
            "writable",
            "memory",
            "engine")) {
      session.out().printf("%-12s%s%n", name, Texts.of(vault, name));
    }
    return ExitCode.OK.value();
  }

  @Command(name = "slots", description = "The ways to open the vault.")
  int slots(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj vault = show();
    if (json) {
      session.print(JsonValue.object().put("slots", vault.get("slots")).build());
    } else {
      new VaultSlots(session).print(vault, "slots");
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj show() {
    return session.either(
        client -> client.call(HttpMethod.GET, "/admin/vault"),
        foundation -> VaultJson.of(foundation.vaultAdministration()));
  }

  @Command(name = "remove-slot", description = "Take a way to open the vault away.")
  int removeSlot(
      @Parameters(paramLabel = "ID", description = "As chitin vault slots shows it.") String id,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    if (!id.matches("[0-9a-f]{32}")) {
      throw Problem.of(ProblemCode.VAULT_SLOT_UNKNOWN, "A slot's id has 32 hex digits.")
          .withHint("chitin vault slots lists them.")
          .toException();
    }
    JsonValue.Obj removed =
        session.either(
            client -> client.call(HttpMethod.DELETE, "/admin/vault/slots/" + id),
            foundation ->
                VaultJson.of(
                    foundation
                        .vaultAdministration()
                        .removeSlot(id, VaultSlots.deadline())
                        .await()));
    if (json) {
      session.print(removed);
    } else {
      session.out().println("Removed " + id + ".");
    }
    return ExitCode.OK.value();
  }

  @Command(
      name = "rotate-kek",
      description = "Put a new key above the data keys; they are wrapped anew in the background.")
  int rotateKek(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj rotation =
        session.either(
            client -> client.call(HttpMethod.POST, "/admin/vault/rotate-kek"),
            foundation -> {
              int term = foundation.vaultAdministration().rotateKek(VaultSlots.deadline()).await();
              foundation.vaultAdministration().finishRotation().await();
              return JsonValue.object().put("term", term).build();
            });
    if (json) {
      session.print(rotation);
    } else {
      session.out().println("Term " + Texts.of(rotation, "term") + " wraps what is new.");
    }
    return ExitCode.OK.value();
  }
}
