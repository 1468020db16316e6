package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.unlock.Passphrase;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin vault add-passphrase}: a slot that a passphrase opens. */
@Command(
    name = "add-passphrase",
    description = "Let a passphrase open the vault; asked for twice, or read from a descriptor.")
final class VaultAddPassphraseCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--with-key-file",
      description = "The passphrase and the key file together, neither alone.")
  private boolean both;

  @Option(
      names = "--profile",
      defaultValue = "default",
      description = "Cost: owasp-min, default, strong, large, rfc9106-first.")
  private String profile = "";

  @Option(
      names = "--bind",
      paramLabel = "NAMES",
      description = "machine,user or none; default all that there is.")
  private @Nullable String binding;

  @Option(
      names = "--new-passphrase-fd",
      paramLabel = "N",
      defaultValue = "-1",
      description = "Read the new passphrase from this open descriptor.")
  private int descriptor;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  VaultAddPassphraseCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String method = both ? "passphrase+key-file" : "passphrase";
    SecretBytes passphrase =
        descriptor >= 0 ? SecretReader.line(descriptor, "passphrase") : typed();
    var slots = new VaultSlots(session);
    return slots.added(slots.add(method, profile, binding, null, passphrase), json);
  }

  private static SecretBytes typed() {
    SecretBytes first =
        SecretReader.ask("New passphrase: ").orElseThrow(VaultAddPassphraseCommand::noTerminal);
    try (SecretBytes second =
        SecretReader.ask("Again: ").orElseThrow(VaultAddPassphraseCommand::noTerminal)) {
      Passphrase.check(first);
      if (!first.sameAs(second)) {
        throw Problem.of(ProblemCode.VAULT_SLOT_INVALID, "The two are not the same.")
            .withRule("passphrase.typed")
            .withHint("Try again.")
            .toException();
      }
      return first;
    } catch (RuntimeException e) {
      first.close();
      throw e;
    }
  }

  private static RuntimeException noTerminal() {
    return Problem.of(ProblemCode.VAULT_SLOT_INVALID, "There is no terminal to type it on.")
        .withRule("passphrase.terminal")
        .withHint("Give it on a descriptor: --new-passphrase-fd 3 3</path/to/pipe")
        .toException();
  }
}
