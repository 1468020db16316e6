package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.auth.KeyStore;
import dev.chitin.gateway.auth.RevokedToken;
import dev.chitin.gateway.auth.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin key}: gateway keys, with the gateway up or down. */
@Command(name = "key", description = "Make, list, rotate and revoke gateway keys; revoke tokens.")
final class KeyCommand {
  private final Session session;
  private final KeyDesk desk;

  KeyCommand(Session session) {
    this.session = session;
    this.desk = new KeyDesk(session);
  }

  @Command(name = "create", description = "Make a key and show it, this once.")
  int create(
      @Option(names = "--name", required = true, description = "Who holds it.") String name,
      @Option(
              names = "--role",
              defaultValue = "agent",
              description = "agent, operator, approver, auditor or admin; default agent.")
          String roleName,
      @Option(
              names = "--tenant",
              defaultValue = KeyRecord.TENANT,
              description = "Whose key it is; default ${DEFAULT-VALUE}.")
          String tenant,
      @Option(
              names = "--scope",
              description =
                  "What of its role it may do; default all. Repeat it: tools:read,"
                      + " 'tools:call:fs_*'.")
          @Nullable List<String> scopes,
      @Option(
              names = "--expires",
              description = "How long it holds: 1s to 3660d, 12h or 90d say; default for ever.")
          @Nullable String expires,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    Role role =
        Role.of(roleName)
            .orElseThrow(
                () ->
                    Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, "There is no such role.")
                        .withHint("Use one of " + String.join(", ", Role.texts()) + ".")
                        .toException());
    JsonValue.Builder body =
        JsonValue.object().put("tenant", tenant).put("name", name).put("role", role.text());
    if (scopes != null) {
      body.put("scopes", scopes);
    }
    if (expires != null) {
      Duration life = Period.of("--expires", expires, Duration.ofSeconds(1), KeyStore.LONGEST);
      body.put("lifeMs", life.toMillis());
    }
    return show(desk.create(body.build()), json);
  }

  private int show(JsonValue.Obj created, boolean json) {
    if (json) {
      session.print(created);
    } else {
      session.out().println(Texts.of(created, "key"));
      session.err().println("This key is shown once. Its id is " + Texts.of(created, "id") + ".");
    }
    return ExitCode.OK.value();
  }

  @Command(name = "rotate", description = "Make a key in place of another and show it, this once.")
  int rotate(
      @Parameters(paramLabel = "ID", description = "The old key's id.") String id,
      @Option(
              names = "--overlap",
              defaultValue = "1h",
              description = "How long the old one still holds; default ${DEFAULT-VALUE}.")
          String overlap,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    Duration both = Period.of("--overlap", overlap, Duration.ZERO, KeyStore.LONGEST);
    return show(
        desk.rotate(id, JsonValue.object().put("overlapMs", both.toMillis()).build()), json);
  }

  @Command(name = "list", description = "List keys; never their secret part.")
  int list(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj keys = desk.list();
    if (json) {
      session.print(keys);
      return ExitCode.OK.value();
    }
    for (JsonValue item : items(keys, "keys")) {
      if (item instanceof JsonValue.Obj key) {
        session
            .out()
            .printf(
                "%s  %-10s %-12s %-24s created %s  expires %s  used %s  %s%n",
                Texts.of(key, "id"),
                Texts.of(key, "role"),
                Texts.of(key, "tenant"),
                Texts.of(key, "name"),
                time(key, "created"),
                time(key, "expires"),
                time(key, "lastUsed"),
                scopes(key));
      }
    }
    for (JsonValue item : items(keys, "revokedTokens")) {
      if (item instanceof JsonValue.Obj token) {
        session
            .out()
            .printf(
                "revoked token  jti %s  sub %s  issuer %s%n",
                orDash(Texts.of(token, "jti")),
                orDash(Texts.of(token, "sub")),
                orDash(Texts.of(token, "issuer")));
      }
    }
    return ExitCode.OK.value();
  }

  private static List<JsonValue> items(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Arr list ? list.items() : List.of();
  }

  private static String scopes(JsonValue.Obj key) {
    return String.join(
        " ",
        items(key, "scopes").stream()
            .map(scope -> scope instanceof JsonValue.Str text ? text.value() : "")
            .toList());
  }

  private static String time(JsonValue.Obj key, String name) {
    return key.get(name) instanceof JsonValue.Int millis
        ? Instant.ofEpochMilli(millis.value()).toString()
        : "never";
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  @Command(
      name = "revoke",
      description = "Revoke a key, a token or a subject's tokens: what hangs on them ends.")
  int revoke(
      @Parameters(paramLabel = "ID", arity = "0..1", description = "The key's id.")
          @Nullable String id,
      @Option(names = "--jti", description = "Instead: the token of that id.") @Nullable String jti,
      @Option(names = "--sub", description = "Instead: all tokens of that subject.")
          @Nullable String sub,
      @Option(names = "--issuer", description = "Of that issuer alone; default any.")
          @Nullable String issuer,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    if (id != null && (jti != null || sub != null || issuer != null)) {
      throw usage("ID names a key; --jti, --sub and --issuer are for tokens.");
    }
    if (id == null && jti == null && sub == null) {
      throw usage("Say what to revoke: ID, --jti or --sub.");
    }
    JsonValue.Obj revoked =
        id == null ? desk.revokeToken(token(jti, sub, issuer)) : desk.revoke(id);
    return said(revoked, "Revoked " + (id == null ? (jti == null ? sub : jti) : id) + ".", json);
  }

  @Command(name = "restore", description = "Take a token again that was revoked.")
  int restore(
      @Option(names = "--jti", description = "The token of that id.") @Nullable String jti,
      @Option(names = "--sub", description = "All tokens of that subject.") @Nullable String sub,
      @Option(names = "--issuer", description = "As it was revoked.") @Nullable String issuer,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    return said(
        desk.restoreToken(token(jti, sub, issuer)),
        "Taken again: " + (jti == null ? sub : jti) + ".",
        json);
  }

  private static RuntimeException usage(String detail) {
    return Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, detail)
        .withHint("chitin key list shows the ids of keys, and the tokens that are revoked.")
        .toException();
  }

  private int said(JsonValue.Obj answer, String text, boolean json) {
    if (json) {
      session.print(answer);
    } else {
      session.out().println(Texts.printable(text, false));
    }
    return ExitCode.OK.value();
  }

  private static JsonValue.Obj token(
      @Nullable String jti, @Nullable String sub, @Nullable String issuer) {
    if ((jti == null) == (sub == null)) {
      throw usage("Give one of --jti and --sub.");
    }
    String value = jti == null ? sub : jti;
    if (value == null || value.isEmpty() || value.length() > RevokedToken.MOST_LENGTH) {
      throw usage(
          (jti == null ? "--sub" : "--jti")
              + " must have 1 to "
              + RevokedToken.MOST_LENGTH
              + " characters.");
    }
    return JsonValue.object().put("jti", jti).put("sub", sub).put("issuer", issuer).build();
  }
}
