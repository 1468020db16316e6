package dev.chitin.gateway.cli;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Foundation;
import dev.chitin.gateway.http.VaultJson;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.unlock.Credentials;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin vault rotate-root}: a new root key. */
@Command(
    name = "rotate-root",
    description = {
      "Put a new root key in the place of the old one.",
      "Slots whose credential is given stay: the key file's, and a passphrase's with "
          + "--passphrase-fd or --ask; others are dropped and listed."
    })
final class VaultRotateRootCommand implements Callable<Integer> {
  private final Session session;

  @Option(names = "--ask", description = "Ask for the passphrase, to keep its slot.")
  private boolean ask;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  VaultRotateRootCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var slots = new VaultSlots(session);
    session.access().keepPassphrase();
    JsonValue.Obj rotation =
        session.either(
            client -> slots.sent("/admin/vault/rotate-root", passphrase()), this::rotateHere);
    if (json) {
      session.print(rotation);
    } else {
      session.out().println("Kept:");
      slots.print(rotation, "kept");
      session.out().println("Dropped:");
      slots.print(rotation, "dropped");
      session
          .out()
          .println("Who has an old copy and an old credential still opens the old state: rotate");
      session.out().println("the secrets as well (chitin secret rotate --after-compromise).");
    }
    return ExitCode.OK.value();
  }

  private SecretBytes passphrase() {
    return ask || session.access().hasDescriptor()
        ? session.access().passphrase().orElseGet(() -> SecretBytes.allocate(0))
        : SecretBytes.allocate(0);
  }

  private JsonValue.Obj rotateHere(Foundation foundation) {
    Credentials file = Credentials.keyFile(session.settings(null).vaultKey());
    return VaultJson.of(
        foundation
            .vaultAdministration()
            .rotateRoot(file.withPassphrase(session.access()::passphrase), VaultSlots.deadline())
            .await());
  }
}
