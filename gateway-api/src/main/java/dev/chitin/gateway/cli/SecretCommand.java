package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.http.VaultJson;
import dev.chitin.vault.ChangeRequest;
import dev.chitin.vault.DeleteRequest;
import dev.chitin.vault.SecretName;
import io.vertx.core.http.HttpMethod;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin secret}: the vault, with the gateway up or down. A secret never stands in argv. */
@Command(
    name = "secret",
    description = "Store, list, rotate, move and delete secrets. Nothing shows one again.")
final class SecretCommand {
  private final Session session;

  SecretCommand(Session session) {
    this.session = session;
  }

  @Command(name = "list", description = "List names, versions and what they are bound to.")
  int list(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj secrets = SecretListing.fetch(session);
    if (json) {
      session.print(secrets);
      return ExitCode.OK.value();
    }
    for (JsonValue.Obj secret : SecretListing.items(secrets)) {
      session
          .out()
          .printf(
              "%-32s version %-4s %s  last used %s  %s%n",
              Texts.of(secret, "name"),
              Texts.of(secret, "version"),
              SecretListing.time(secret, "created"),
              SecretListing.time(secret, "lastUse"),
              SecretListing.binding(secret));
    }
    return ExitCode.OK.value();
  }

  @Command(
      name = "prune",
      description = "Destroy every version of a secret but the newest, and forget them.")
  int prune(
      @Parameters(paramLabel = "NAME", description = "The secret's name.") String name,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    return change(ChangeRequest.Kind.PRUNE, name, "Pruned", json);
  }

  @Command(name = "disable", description = "Give a secret to nobody until it is enabled.")
  int disable(
      @Parameters(paramLabel = "NAME", description = "The secret's name.") String name,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    return change(ChangeRequest.Kind.DISABLE, name, "Disabled", json);
  }

  @Command(name = "enable", description = "Give a secret out again.")
  int enable(
      @Parameters(paramLabel = "NAME", description = "The secret's name.") String name,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    return change(ChangeRequest.Kind.ENABLE, name, "Enabled", json);
  }

  private int change(ChangeRequest.Kind kind, String name, String said, boolean json) {
    var secret = new SecretName(name);
    JsonValue.Obj changed =
        session.either(
            client -> client.call(HttpMethod.POST, "/v1/secrets/" + secret + "/" + kind.text()),
            foundation ->
                VaultJson.of(
                    foundation
                        .vault()
                        .change(
                            new ChangeRequest(kind, secret, KeyRecord.TENANT, Session.ACTOR),
                            Session.deadline())
                        .await()));
    if (json) {
      session.print(changed);
    } else {
      session.out().println(said + " " + secret + ".");
    }
    return ExitCode.OK.value();
  }

  @Command(name = "delete", description = "Delete a secret with all its versions.")
  int delete(
      @Parameters(paramLabel = "NAME", description = "The secret's name.") String name,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    var secret = new SecretName(name);
    JsonValue.Obj deleted =
        session.either(
            client -> client.call(HttpMethod.DELETE, "/v1/secrets/" + secret),
            foundation ->
                VaultJson.of(
                    foundation
                        .vault()
                        .delete(
                            new DeleteRequest(secret, KeyRecord.TENANT, Session.ACTOR),
                            Session.deadline())
                        .await()));
    if (json) {
      session.print(deleted);
    } else {
      session.out().println("Deleted " + secret + ".");
    }
    return ExitCode.OK.value();
  }

  /** The refusal of arguments that are not right. */
  static RuntimeException usage(String detail) {
    return Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, detail)
        .withHint("chitin secret --help")
        .toException();
  }
}
