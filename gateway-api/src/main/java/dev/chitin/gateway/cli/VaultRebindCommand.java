package dev.chitin.gateway.cli;

import dev.chitin.vault.SecretBytes;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin vault rebind}: a slot that the key file opens on this machine. */
@Command(
    name = "rebind",
    description = {
      "Bind the key file to this machine and user anew.",
      "Done after the vault was opened by other means: chitin vault rebind --recovery. "
          + "Old slots stay until remove-slot takes them away."
    })
final class VaultRebindCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--bind",
      paramLabel = "NAMES",
      description = "machine,user or none; default all that there is.")
  private @Nullable String binding;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  VaultRebindCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var slots = new VaultSlots(session);
    return slots.added(slots.add("key-file", null, binding, null, SecretBytes.allocate(0)), json);
  }
}
