package dev.chitin.gateway.cli;

import dev.chitin.vault.SecretBytes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin vault add-recipient}: a slot that another node's key opens. */
@Command(
    name = "add-recipient",
    description = "Let another node open the vault, by the key that node-key prints there.")
final class VaultAddRecipientCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "KEY", description = "Its public key, 64 hex digits.")
  private String key = "";

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  VaultAddRecipientCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var slots = new VaultSlots(session);
    return slots.added(slots.add("recipient", null, null, key, SecretBytes.allocate(0)), json);
  }
}
