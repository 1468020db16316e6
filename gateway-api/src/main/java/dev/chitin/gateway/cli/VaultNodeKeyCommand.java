package dev.chitin.gateway.cli;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.vault.KeyFile;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.hpke.Hpke;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code chitin vault node-key}: the public key of this node, made where there is none. */
@Command(
    name = "node-key",
    description = {
      "Print the public part of this node's key pair, made where there is none.",
      "Another node's vault that was given it by add-recipient opens here by the file "
          + "vault.recipient_key."
    })
final class VaultNodeKeyCommand implements Callable<Integer> {
  private final Session session;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  VaultNodeKeyCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
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
}
