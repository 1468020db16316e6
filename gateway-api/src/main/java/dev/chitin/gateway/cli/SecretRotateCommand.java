package dev.chitin.gateway.cli;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.vault.SecretName;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin secret rotate}: stores a new version, or says what to rotate. */
@Command(
    name = "rotate",
    description = "Store a new version of a secret, or list what to rotate after a compromise.")
final class SecretRotateCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "The secret's name.")
  private @Nullable String name;

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description = "How long the version before is kept; default 0: destroyed at once.")
  private long grace;

  @Option(
      names = "--expires-in",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description = "After that the new one is given to nobody; default never.")
  private long expires;

  @Option(
      names = "--after-compromise",
      description = "List every secret with the order in which to rotate all.")
  private boolean compromise;

  @Mixin private BindingOptions binding = new BindingOptions();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  SecretRotateCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (compromise) {
      return afterCompromise();
    }
    if (name == null) {
      throw SecretCommand.usage("Name the secret to rotate.");
    }
    return new SecretStore(session)
        .store(new SecretName(name), SecretStore.query(grace, expires, binding), true, json);
  }

  /** Who copied the vault and knows a credential opens the old state for ever. */
  private int afterCompromise() {
    JsonValue.Obj secrets = SecretListing.fetch(session);
    if (json) {
      session.print(secrets);
      return ExitCode.OK.value();
    }
    session.out().println("1. Get new values from whoever issued them, and withdraw the old ones:");
    for (JsonValue.Obj secret : SecretListing.items(secrets)) {
      session.out().println("   chitin secret rotate " + Texts.of(secret, "name"));
    }
    session.out().println("2. chitin vault rotate-kek");
    session.out().println("3. chitin vault rotate-root, with a new passphrase or key file");
    return ExitCode.OK.value();
  }
}
