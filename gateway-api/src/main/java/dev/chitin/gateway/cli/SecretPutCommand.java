package dev.chitin.gateway.cli;

import dev.chitin.vault.SecretName;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin secret put}: stores a secret. */
@Command(
    name = "put",
    description = "Store a secret, read from stdin, or asked for when stdin is a terminal.")
final class SecretPutCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The secret's name.")
  private String name = "";

  @Option(
      names = "--expires-in",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description = "After that it is given to nobody; default never.")
  private long expires;

  @Mixin private BindingOptions binding = new BindingOptions();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  SecretPutCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    return new SecretStore(session)
        .store(new SecretName(name), SecretStore.query(0, expires, binding), false, json);
  }
}
