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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration names of this machine, looked at as a start looks at it, though nothing is
 * started: certificates, keys, programs, the listener's name. What is there and cannot be used is a
 * fault; what is not there may be on another machine, or tomorrow. Blocks.
 */
final class NamedFiles {
  private static final String KEY_FILE = "vault.key_file";
  private static final String NODE_KEY = "vault.recipient_key";

  private final GatewaySettings settings;
  private final List<Problem> faults = new ArrayList<>();
  private final List<Problem> absent = new ArrayList<>();

  private NamedFiles(GatewaySettings settings) {
    this.settings = settings;
  }

  /**
   * Looks at all of them.
   *
   * @param sandbox the section of that name, which may name a program
   */
  static NamedFiles of(GatewaySettings settings, JsonFields sandbox) {
    var files = new NamedFiles(settings);
    files.listener();
    files.vaultKey();
    files.nodeKey();
    files.tls();
    files.issuers();
    files.webhooks();
    if (sandbox.string("bwrap").isPresent()) {
      files.bwrap();
    }
    return files;
  }

  /** What is there and a start would refuse, each under its key. */
  List<Problem> faults() {
    return List.copyOf(faults);
  }

  /** What is not there, and a start on this machine would refuse for that. */
  List<Problem> absent() {
    return List.copyOf(absent);
  }

  private void listener() {
    try {
      ListenerCheck.check(settings.edge());
    } catch (ChitinException e) {
      absent.add(e.problem());
    }
  }

  /** A key that is not there is made by the first start, with the directories above it. */
  private void vaultKey() {
    KeyFile key = settings.vaultKey();
    if (key.isThere()) {
      look(KEY_FILE, () -> readable(key), key.path());
    } else if (key.isAtHome()) {
      faults.add(atHome(KEY_FILE, key));
    } else if (Files.isDirectory(key.path().resolveSibling("."))) {
      look(KEY_FILE, key::checkPlace, key.path().resolveSibling("."));
    }
  }

  /** It opens the vault as well; where none is named it would lie beside the other. */
  private void nodeKey() {
    KeyFile key = settings.nodeKey();
    Path beside = settings.vaultKey().path().resolveSibling(key.path().getFileName());
    if (!key.path().equals(beside) && key.isAtHome()) {
      faults.add(atHome(NODE_KEY, key));
    }
  }

  private static Problem atHome(String rule, KeyFile key) {
    return Problem.of(ProblemCode.CONFIG_INVALID, rule + " lies in Chitin's home.")
        .withRule(rule)
        .withHint("Keep it in another directory. The file: " + key.path());
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
    look(null, () -> TlsIdentity.read(tls), tls.cert(), tls.key());
    var clients = tls.clients();
    if (clients != null) {
      look(null, () -> ClientAuthority.read(clients), clients.ca());
    }
  }

  private void issuers() {
    List<IssuerSettings> issuers = settings.auth().issuers();
    for (int i = 0; i < issuers.size(); i++) {
      IssuerSettings issuer = issuers.get(i);
      String place = "auth.issuers[" + i + "].";
      Runnable reading = () -> TokenIssuers.checkFiles(issuer);
      switch (issuer.keys()) {
        case IssuerSettings.Keys.InFile in -> look(place + "jwks_file", reading, in.file());
        case IssuerSettings.Keys.AtUrl at -> {
          if (at.ca() != null) {
            look(place + "jwks_ca", reading, at.ca());
          }
        }
      }
    }
  }

  /** A webhook's secret in the vault is seen by the start alone. */
  private void webhooks() {
    ChitinHome home = settings.home();
    List<AlertOptions.Hook> hooks = settings.audit().alerts().webhooks();
    for (int i = 0; i < hooks.size(); i++) {
      if (hooks.get(i).isInFile()) {
        Path file = home.expand(hooks.get(i).secret());
        look(
            "audit.alerts.webhooks[" + i + "].secret",
            () -> readable(new KeyFile(file, home.root())),
            file);
      }
    }
  }

  private void bwrap() {
    Path program = settings.bwrap();
    if (!Files.isExecutable(program)) {
      (Files.exists(program) ? faults : absent)
          .add(
              Problem.of(
                      ProblemCode.CONFIG_INVALID,
                      "sandbox.bwrap: " + program + " is no program that can be run.")
                  .withRule("sandbox.bwrap")
                  .withHint("Name bubblewrap's, /usr/bin/bwrap say."));
    }
  }

  /**
   * @param key under which a refusal is told, or null when it names its own
   * @param files what is read
   */
  private void look(@Nullable String key, Runnable reading, Path... files) {
    try {
      reading.run();
    } catch (ChitinException e) {
      boolean there = Stream.of(files).allMatch(Files::exists);
      (there ? faults : absent).add(key == null ? e.problem() : under(key, e.problem()));
    }
  }

  private static Problem under(String key, Problem why) {
    return new Problem(
        ProblemCode.CONFIG_INVALID, key + ": " + why.detail(), key, why.hint(), why.errors());
  }
}
