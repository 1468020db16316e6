package dev.chitin.gateway;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.gateway.auth.jwt.IssuerSettings;
import dev.chitin.gateway.auth.jwt.TokenIssuers;
import dev.chitin.gateway.tls.ClientAuthority;
import dev.chitin.gateway.tls.TlsIdentity;
import dev.chitin.gateway.tls.TlsSettings;
import dev.chitin.vault.KeyFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of this machine that a configuration names, looked at as a start looks at them, though
 * nothing is started: certificates, keys and programs. Blocks.
 */
final class NamedFiles {
  private static final String KEY_FILE = "vault.key_file";

  private final GatewaySettings settings;
  private final List<Problem> faults = new ArrayList<>();

  private NamedFiles(GatewaySettings settings) {
    this.settings = settings;
  }

  /**
   * What a start would refuse of them, each under its key.
   *
   * @param sandbox the section of that name, which may name a program
   */
  static List<Problem> faults(GatewaySettings settings, JsonFields sandbox) {
    var files = new NamedFiles(settings);
    files.vaultKey();
    files.tls();
    files.issuers();
    files.webhooks();
    if (sandbox.string("bwrap").isPresent()) {
      files.bwrap();
    }
    return List.copyOf(files.faults);
  }

  /** A key that is not there is made by the first start, with the directories above it. */
  private void vaultKey() {
    KeyFile key = settings.vaultKey();
    if (key.isThere()) {
      look(KEY_FILE, () -> readable(key));
    } else if (lies(key.path(), settings.home().root())) {
      faults.add(
          Problem.of(ProblemCode.CONFIG_INVALID, KEY_FILE + " lies in Chitin's home.")
              .withRule(KEY_FILE)
              .withHint("Keep it in another directory. The file: " + key.path()));
    } else if (Files.isDirectory(key.path().resolveSibling("."))) {
      look(KEY_FILE, key::checkPlace);
    }
  }

  private static boolean lies(Path file, Path home) {
    try {
      Path above = file;
      while (above.getParent() != null && !Files.exists(above)) {
        above = above.getParent();
      }
      Path real = above.toRealPath().resolve(above.relativize(file));
      return real.startsWith(Files.exists(home) ? home.toRealPath() : home);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be looked at", e);
    }
  }

  private static void readable(KeyFile key) {
    var read = key.read();
    read.close();
  }

  private void tls() {
    TlsSettings tls = settings.edge().tls();
    if (tls == null) {
      return;
    }
    look(null, () -> TlsIdentity.read(tls));
    var clients = tls.clients();
    if (clients != null) {
      look(null, () -> ClientAuthority.read(clients));
    }
  }

  private void issuers() {
    List<IssuerSettings> issuers = settings.auth().issuers();
    for (int i = 0; i < issuers.size(); i++) {
      IssuerSettings issuer = issuers.get(i);
      boolean inFile = issuer.keys() instanceof IssuerSettings.Keys.InFile;
      look(
          "auth.issuers[" + i + "]." + (inFile ? "jwks_file" : "jwks_ca"),
          () -> TokenIssuers.checkFiles(issuer));
    }
  }

  /** A webhook's secret in the vault is seen by the start alone. */
  private void webhooks() {
    ChitinHome home = settings.home();
    List<AlertOptions.Hook> hooks = settings.audit().alerts().webhooks();
    for (int i = 0; i < hooks.size(); i++) {
      String secret = hooks.get(i).secret();
      if (hooks.get(i).isInFile()) {
        look(
            "audit.alerts.webhooks[" + i + "].secret",
            () -> readable(new KeyFile(home.expand(secret), home.root())));
      }
    }
  }

  private void bwrap() {
    if (!Files.isExecutable(settings.bwrap())) {
      faults.add(
          Problem.of(
                  ProblemCode.CONFIG_INVALID,
                  "sandbox.bwrap: " + settings.bwrap() + " is no program that can be run.")
              .withRule("sandbox.bwrap")
              .withHint("Name bubblewrap's, /usr/bin/bwrap say."));
    }
  }

  /**
   * @param key under which a refusal is told, or null when it names its own
   */
  private void look(@Nullable String key, Runnable reading) {
    try {
      reading.run();
    } catch (ChitinException e) {
      Problem why = e.problem();
      faults.add(
          key == null
              ? why
              : new Problem(
                  ProblemCode.CONFIG_INVALID,
                  key + ": " + why.detail(),
                  key,
                  why.hint(),
                  why.errors()));
    }
  }
}
