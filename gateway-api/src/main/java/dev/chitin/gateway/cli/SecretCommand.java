package dev.chitin.gateway.cli;

import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Foundation;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.http.PutQuery;
import dev.chitin.gateway.http.VaultJson;
import dev.chitin.vault.ChangeRequest;
import dev.chitin.vault.DeleteRequest;
import dev.chitin.vault.ListRequest;
import dev.chitin.vault.PutOptions;
import dev.chitin.vault.PutRequest;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.SecretMetadata;
import dev.chitin.vault.SecretName;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin secret}: the vault, with the gateway up or down. A secret never stands in argv. */
@Command(
    name = "secret",
    description = "Store, list, rotate, move and delete secrets. Nothing shows one again.")
final class SecretCommand {
  private static final String ACTOR = "local-operator";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Session session;

  SecretCommand(Session session) {
    this.session = session;
  }

  @Command(
      name = "put",
      description = "Store a secret, read from stdin, or asked for when stdin is a terminal.")
  int put(
      @Parameters(paramLabel = "NAME", description = "The secret's name.") String name,
      @Option(
              names = "--expires-in",
              paramLabel = "SECONDS",
              defaultValue = "0",
              description = "After that it is given to nobody; default never.")
          long expires,
      @Mixin BindingOptions binding,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    return store(new SecretName(name), query(0, expires, binding), false, json);
  }

  @Command(
      name = "rotate",
      description = "Store a new version of a secret, or list what to rotate after a compromise.")
  int rotate(
      @Parameters(paramLabel = "NAME", arity = "0..1", description = "The secret's name.")
          @Nullable String name,
      @Option(
              names = "--grace",
              paramLabel = "SECONDS",
              defaultValue = "0",
              description = "How long the version before is kept; default 0: destroyed at once.")
          long grace,
      @Option(
              names = "--expires-in",
              paramLabel = "SECONDS",
              defaultValue = "0",
              description = "After that the new one is given to nobody; default never.")
          long expires,
      @Option(
              names = "--after-compromise",
              description = "List every secret with the order in which to rotate all.")
          boolean compromise,
      @Mixin BindingOptions binding,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    if (compromise) {
      return afterCompromise(json);
    }
    if (name == null) {
      throw usage("Name the secret to rotate.");
    }
    return store(new SecretName(name), query(grace, expires, binding), true, json);
  }

  private static RuntimeException usage(String detail) {
    return Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, detail)
        .withHint("chitin secret --help")
        .toException();
  }

  /** Who copied the vault and knows a credential opens the old state for ever. */
  private int afterCompromise(boolean json) {
    JsonValue.Obj secrets = fetchList();
    if (json) {
      session.print(secrets);
      return ExitCode.OK.value();
    }
    session.out().println("1. Get new values from whoever issued them, and withdraw the old ones:");
    for (JsonValue.Obj secret : items(secrets)) {
      session.out().println("   chitin secret rotate " + Texts.of(secret, "name"));
    }
    session.out().println("2. chitin vault rotate-kek");
    session.out().println("3. chitin vault rotate-root, with a new passphrase or key file");
    return ExitCode.OK.value();
  }

  /** The query of the route, from which a vault that is opened here takes its options as well. */
  private static MultiMap query(long grace, long expires, BindingOptions binding) {
    if (grace < 0 || expires < 0 || expires > 1L << 32) {
      throw usage("Seconds are whole numbers from 0 on.");
    }
    MultiMap query =
        MultiMap.caseInsensitiveMultiMap()
            .add(PutQuery.GRACE, Long.toString(grace))
            .add(PutQuery.EXPIRES, Long.toString(expires));
    binding.addTo(query);
    return query;
  }

  private int store(SecretName secret, MultiMap query, boolean rotate, boolean json) {
    PutOptions options = PutQuery.options(query, rotate);
    JsonValue.Obj stored;
    try (SecretBytes value =
        SecretReader.ask("Secret: ").orElseGet(() -> SecretReader.line(0, "secret"))) {
      stored =
          session.either(
              client -> sent(secret, query, rotate, value),
              foundation ->
                  VaultJson.of(
                      foundation
                          .vault()
                          .put(
                              new PutRequest(secret, value, KeyRecord.TENANT, ACTOR, options),
                              Deadline.after(TIMEOUT))
                          .await()));
    }
    if (json) {
      session.print(stored);
    } else {
      session
          .out()
          .println(
              "Stored "
                  + secret
                  + ", version "
                  + Texts.of(stored, "version")
                  + ", "
                  + binding(stored)
                  + ".");
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj sent(SecretName secret, MultiMap query, boolean rotate, SecretBytes value) {
    String path = "/v1/secrets/" + secret + (rotate ? "/rotate" : "") + "?" + encoded(query);
    try {
      return SecretSender.send(session.home().adminSocket(), rotate ? "POST" : "PUT", path, value)
          .orThrow();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, "The gateway did not take the secret.")
          .withHint("Look at its log, and try again.")
          .toException(e);
    }
  }

  private static String encoded(MultiMap query) {
    return query.entries().stream()
        .map(
            entry ->
                entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }

  @Command(name = "list", description = "List names, versions and what they are bound to.")
  int list(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj secrets = fetchList();
    if (json) {
      session.print(secrets);
      return ExitCode.OK.value();
    }
    for (JsonValue.Obj secret : items(secrets)) {
      session
          .out()
          .printf(
              "%-32s version %-4s %s  last used %s  %s%n",
              Texts.of(secret, "name"),
              Texts.of(secret, "version"),
              time(secret, "created"),
              time(secret, "lastUse"),
              binding(secret));
    }
    return ExitCode.OK.value();
  }

  private static String binding(JsonValue.Obj secret) {
    if (!(secret.get("binding") instanceof JsonValue.Obj bound)) {
      return "bound to nothing";
    }
    String methods =
        bound.get("methods") instanceof JsonValue.Arr list && !list.items().isEmpty()
            ? list.items().stream()
                .map(method -> method instanceof JsonValue.Str text ? text.value() : "")
                .collect(Collectors.joining(","))
            : "any method";
    return "bound to %s://%s:%s%s, %s, %s %s"
        .formatted(
            Texts.of(bound, "scheme"),
            Texts.of(bound, "host"),
            Texts.of(bound, "port"),
            Texts.of(bound, "path_prefix"),
            methods,
            Texts.of(bound, "name"),
            Texts.of(bound, "format"));
  }

  private static String time(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Int millis && millis.value() > 0
        ? Instant.ofEpochMilli(millis.value()).toString()
        : "never";
  }

  private JsonValue.Obj fetchList() {
    return session.either(
        client -> client.call(HttpMethod.GET, "/v1/secrets"),
        foundation ->
            listJson(
                foundation
                    .vault()
                    .list(new ListRequest(KeyRecord.TENANT), Deadline.after(TIMEOUT))
                    .await()
                    .secrets()));
  }

  private static List<JsonValue.Obj> items(JsonValue.Obj secrets) {
    List<JsonValue.Obj> items = new ArrayList<>();
    if (secrets.get("secrets") instanceof JsonValue.Arr list) {
      for (JsonValue item : list.items()) {
        if (item instanceof JsonValue.Obj secret) {
          items.add(secret);
        }
      }
    }
    return items;
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
                            new ChangeRequest(kind, secret, KeyRecord.TENANT, ACTOR),
                            Deadline.after(TIMEOUT))
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
                            new DeleteRequest(secret, KeyRecord.TENANT, ACTOR),
                            Deadline.after(TIMEOUT))
                        .await()));
    if (json) {
      session.print(deleted);
    } else {
      session.out().println("Deleted " + secret + ".");
    }
    return ExitCode.OK.value();
  }

  @Command(
      name = "recipient",
      description = "Print the key that others export to this vault with; made at first use.")
  int recipient(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj key =
        session.either(
            client -> client.call(HttpMethod.POST, "/admin/vault/recipient"),
            foundation ->
                JsonValue.object()
                    .put(
                        "recipient",
                        foundation.vaultAdministration().recipient(Deadline.after(TIMEOUT)).await())
                    .build());
    if (json) {
      session.print(key);
    } else {
      session.out().println(Texts.of(key, "recipient"));
    }
    return ExitCode.OK.value();
  }

  @Command(
      name = "export",
      description = "Print secrets, each on a line, sealed to another vault's key.")
  int export(
      @Parameters(paramLabel = "NAME", arity = "1..*", description = "The secrets' names.")
          List<String> names,
      @Option(
              names = "--to",
              required = true,
              paramLabel = "KEY",
              description = "What chitin secret recipient prints on the receiving side.")
          String recipient) {
    if (!recipient.matches("[0-9a-f]{64}")) {
      throw usage("A recipient is a key of 64 hex digits.");
    }
    for (String name : names) {
      var secret = new SecretName(name);
      JsonValue.Obj line =
          session.either(
              client ->
                  client.call(HttpMethod.POST, "/admin/vault/export/" + secret + "/" + recipient),
              foundation -> exported(foundation, secret, recipient));
      session.out().println(Texts.of(line, "secret"));
    }
    return ExitCode.OK.value();
  }

  private static JsonValue.Obj exported(
      Foundation foundation, SecretName secret, String recipient) {
    return JsonValue.object()
        .put(
            "secret",
            foundation
                .vaultAdministration()
                .export(KeyRecord.TENANT, secret, recipient, ACTOR, Deadline.after(TIMEOUT))
                .await())
        .build();
  }

  @Command(name = "import", description = "Store the secrets that stdin holds as exported lines.")
  int takeIn(@Option(names = "--json", description = "Print JSON.") boolean json) {
    List<JsonValue> stored = new ArrayList<>();
    for (String line : lines()) {
      stored.add(
          session.either(
              client ->
                  client.call(
                      HttpMethod.POST,
                      "/admin/vault/import",
                      "application/json",
                      Buffer.buffer(
                          CanonicalJson.string(JsonValue.object().put("secret", line).build()))),
              foundation ->
                  VaultJson.of(
                      foundation
                          .vaultAdministration()
                          .takeIn(KeyRecord.TENANT, line, ACTOR, Deadline.after(TIMEOUT))
                          .await())));
    }
    if (json) {
      session.print(JsonValue.object().put("secrets", new JsonValue.Arr(stored)).build());
    } else {
      session.out().println("Stored " + stored.size() + " secrets.");
    }
    return ExitCode.OK.value();
  }

  /** What is exported is sealed and may lie on the heap. */
  private static List<String> lines() {
    try {
      return new String(System.in.readNBytes(64 << 20), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank())
          .toList();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.VAULT_TRANSFER_INVALID, "stdin cannot be read.").toException(e);
    }
  }

  private static JsonValue.Obj listJson(List<SecretMetadata> secrets) {
    return JsonValue.object()
        .put("secrets", new JsonValue.Arr(secrets.stream().<JsonValue>map(VaultJson::of).toList()))
        .build();
  }
}
