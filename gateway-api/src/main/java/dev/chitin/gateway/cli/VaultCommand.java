package dev.chitin.gateway.cli;

import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.Foundation;
import dev.chitin.gateway.http.VaultJson;
import dev.chitin.vault.KeyFile;
import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.hpke.Hpke;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.Passphrase;
import dev.chitin.vault.unlock.RecoveryCode;
import dev.chitin.vault.unlock.SlotOrder;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code chitin vault}: the ways to open it and the keys in it, with the gateway up or down. */
@Command(name = "vault", description = "How the vault stands, the ways to open it, and its keys.")
final class VaultCommand {
  private static final SecretAccess ACCESS = SecretAccess.granted();

  private static final Duration TIMEOUT = Duration.ofSeconds(150);

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
      printSlots(vault, "slots");
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj show() {
    return session.either(
        client -> client.call(HttpMethod.GET, "/admin/vault"),
        foundation -> VaultJson.of(foundation.vaultAdministration()));
  }

  private void printSlots(JsonValue.Obj object, String member) {
    if (object.get(member) instanceof JsonValue.Arr list) {
      for (JsonValue item : list.items()) {
        if (item instanceof JsonValue.Obj slot) {
          printSlot(slot);
        }
      }
    }
  }

  private void printSlot(JsonValue.Obj slot) {
    String created =
        slot.get("created") instanceof JsonValue.Int millis
            ? Instant.ofEpochMilli(millis.value()).toString()
            : "";
    session
        .out()
        .printf(
            "%s  %-20s bound to %-20s %s  %s%n",
            Texts.of(slot, "id"),
            Texts.of(slot, "method"),
            Texts.of(slot, "binding"),
            created,
            Texts.of(slot, "cost"));
  }

  @Command(
      name = "add-passphrase",
      description = "Let a passphrase open the vault; asked for twice, or read from a descriptor.")
  int addPassphrase(
      @Option(
              names = "--with-key-file",
              description = "The passphrase and the key file together, neither alone.")
          boolean both,
      @Option(
              names = "--profile",
              defaultValue = "default",
              description = "Cost: owasp-min, default, strong, large, rfc9106-first.")
          String profile,
      @Option(
              names = "--bind",
              paramLabel = "NAMES",
              description = "machine,user or none; default all that there is.")
          @Nullable String binding,
      @Option(
              names = "--new-passphrase-fd",
              paramLabel = "N",
              defaultValue = "-1",
              description = "Read the new passphrase from this open descriptor.")
          int descriptor,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    String method = both ? "passphrase+key-file" : "passphrase";
    SecretBytes passphrase =
        descriptor >= 0 ? SecretReader.line(descriptor, "passphrase") : typed();
    return added(addSlot(method, profile, binding, null, passphrase), json);
  }

  private static SecretBytes typed() {
    SecretBytes first = SecretReader.ask("New passphrase: ").orElseThrow(VaultCommand::noTerminal);
    try (SecretBytes second = SecretReader.ask("Again: ").orElseThrow(VaultCommand::noTerminal)) {
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

  @Command(
      name = "add-recovery",
      description = "Make a recovery code that opens the vault on any machine; shown once.")
  int addRecovery() {
    try (SecretBytes key = SecretBytes.random(RecoveryCode.BYTES);
        SecretBytes code = RecoveryCode.write(key)) {
      JsonValue.Obj slot = addSlot("recovery", null, null, null, key.copy());
      session.err().println("Write this down and keep it away from here; it is shown once:");
      show(code);
      session.err().println("Its slot is " + Texts.of(slot, "id") + ".");
      return ExitCode.OK.value();
    }
  }

  /** As bytes: the code never is a String. */
  private void show(SecretBytes code) {
    byte[] bytes = code.segment(ACCESS).toArray(ValueLayout.JAVA_BYTE);
    try {
      session.out().write(bytes);
      session.out().println();
      session.out().flush();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.INTERNAL, "The code could not be shown.").toException(e);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  @Command(
      name = "node-key",
      description = {
        "Print the public part of this node's key pair, which is made where there is none. Another",
        "node's vault that was given it by add-recipient opens here by the file vault.recipient_key."
      })
  int nodeKey(@Option(names = "--json", description = "Print JSON.") boolean json) {
    KeyFile file = session.settings(null).nodeKey();
    if (!file.isThere()) {
      file.create();
    }
    String key;
    try (SecretBytes pair = file.read()) {
      key = HexFormat.of().formatHex(new Hpke(CryptoEngine.best()).publicKey(pair));
    }
    if (json) {
      session.print(JsonValue.object().put("key", key).put("file", file.path().toString()).build());
    } else {
      session.out().println(key);
    }
    return ExitCode.OK.value();
  }

  @Command(
      name = "add-recipient",
      description = "Let another node open the vault, by the key that node-key prints there.")
  int addRecipient(
      @Parameters(paramLabel = "KEY", description = "Its public key, 64 hex digits.") String key,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    return added(addSlot("recipient", null, null, key, SecretBytes.allocate(0)), json);
  }

  @Command(
      name = "rebind",
      description = {
        "Bind the key file to this machine and user anew, after the vault was opened by other means:",
        "chitin vault rebind --recovery. Old slots stay until remove-slot takes them away."
      })
  int rebind(
      @Option(
              names = "--bind",
              paramLabel = "NAMES",
              description = "machine,user or none; default all that there is.")
          @Nullable String binding,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    return added(addSlot("key-file", null, binding, null, SecretBytes.allocate(0)), json);
  }

  private int added(JsonValue.Obj slot, boolean json) {
    if (json) {
      session.print(slot);
    } else {
      printSlot(slot);
    }
    return ExitCode.OK.value();
  }

  private JsonValue.Obj addSlot(
      String method,
      @Nullable String profile,
      @Nullable String binding,
      @Nullable String key,
      SecretBytes given) {
    SlotOrder order = SlotOrder.of(method, profile, binding, key);
    return session.either(
        client -> {
          String path =
              "/admin/vault/slots/"
                  + URLEncoder.encode(method, StandardCharsets.UTF_8)
                  + "?v=1"
                  + query("profile", profile)
                  + query("binding", binding)
                  + query("key", key);
          return sent(path, given);
        },
        foundation ->
            VaultJson.of(
                foundation
                    .vaultAdministration()
                    .addSlot(
                        order.request(),
                        order.credentials(session.settings(null).vaultKey(), given),
                        Deadline.after(TIMEOUT))
                    .await()));
  }

  private static String query(String name, @Nullable String value) {
    return value == null ? "" : "&" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  private JsonValue.Obj sent(String path, SecretBytes given) {
    try (given) {
      return SecretSender.send(session.home().adminSocket(), "POST", path, given).orThrow();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, "The gateway did not take the secret.")
          .withHint("Look at its log, and try again.")
          .toException(e);
    }
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
                        .removeSlot(id, Deadline.after(TIMEOUT))
                        .await()));
    if (json) {
      session.print(removed);
    } else {
      session.out().println("Removed " + id + ".");
    }
    return ExitCode.OK.value();
  }

  @Command(
      name = "rotate-root",
      description = {
        "Put a new root key in the place of the old one. Slots whose credential is given stay: the key",
        "file's, and a passphrase's with --passphrase-fd or --ask; others are dropped and listed."
      })
  int rotateRoot(
      @Option(names = "--ask", description = "Ask for the passphrase, to keep its slot.")
          boolean ask,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    session.access().keepPassphrase();
    JsonValue.Obj rotation =
        session.either(
            client -> sent("/admin/vault/rotate-root", passphrase(ask)), this::rotateHere);
    if (json) {
      session.print(rotation);
    } else {
      session.out().println("Kept:");
      printSlots(rotation, "kept");
      session.out().println("Dropped:");
      printSlots(rotation, "dropped");
      session
          .out()
          .println("Who has an old copy and an old credential still opens the old state: rotate");
      session.out().println("the secrets as well (chitin secret rotate --after-compromise).");
    }
    return ExitCode.OK.value();
  }

  private SecretBytes passphrase(boolean ask) {
    return ask || session.access().hasDescriptor()
        ? session.access().passphrase().orElseGet(() -> SecretBytes.allocate(0))
        : SecretBytes.allocate(0);
  }

  private JsonValue.Obj rotateHere(Foundation foundation) {
    Credentials file = Credentials.keyFile(session.settings(null).vaultKey());
    return VaultJson.of(
        foundation
            .vaultAdministration()
            .rotateRoot(file.withPassphrase(session.access()::passphrase), Deadline.after(TIMEOUT))
            .await());
  }

  @Command(
      name = "rotate-kek",
      description = "Put a new key above the data keys; they are wrapped anew in the background.")
  int rotateKek(@Option(names = "--json", description = "Print JSON.") boolean json) {
    JsonValue.Obj rotation =
        session.either(
            client -> client.call(HttpMethod.POST, "/admin/vault/rotate-kek"),
            foundation -> {
              int term =
                  foundation.vaultAdministration().rotateKek(Deadline.after(TIMEOUT)).await();
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
