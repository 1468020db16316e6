package dev.chitin.it.bench;

import dev.chitin.vault.KeyFile;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.VaultJournal;
import dev.chitin.vault.VaultSetup;
import dev.chitin.vault.VaultStore;
import dev.chitin.vault.unlock.Argon2Parameters;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.SlotRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An empty vault on disk with one slot, and what opens it. */
final class BenchVault {
  private final VaultSetup setup;
  private final Supplier<Credentials> credentials;

  private BenchVault(VaultSetup setup, SlotRequest slot, Supplier<Credentials> credentials) {
    this.setup = setup;
    this.credentials = credentials;
    try (Credentials first = credentials.get()) {
      VaultStore.create(setup, slot, first);
    }
  }

  static BenchVault byKeyFile(Path work) throws IOException {
    Path base = Files.createTempDirectory(work, "vault-");
    Path home = Files.createDirectory(base.resolve("home"));
    var key = new KeyFile(Files.createDirectory(base.resolve("keys")).resolve("k"), home);
    key.create();
    return new BenchVault(
        setup(home), SlotRequest.keyFile(Optional.empty()), () -> Credentials.keyFile(key));
  }

  /** With the default cost of Argon2id. */
  static BenchVault byPassphrase(Path work, String phrase) throws IOException {
    Path base = Files.createTempDirectory(work, "vault-");
    return new BenchVault(
        setup(Files.createDirectory(base.resolve("home"))),
        SlotRequest.passphrase(false, Optional.empty(), Argon2Parameters.Profile.DEFAULT),
        () ->
            Credentials.none()
                .withPassphrase(SecretBytes.takeOver(phrase.getBytes(StandardCharsets.UTF_8))));
  }

  private static VaultSetup setup(Path home) {
    return VaultSetup.of(home.resolve("vault"), new LastMark(), home.resolve("attempts"));
  }

  VaultStore open() {
    try (Credentials shown = credentials.get()) {
      return VaultStore.open(setup, shown);
    }
  }

  Path directory() {
    return setup.directory();
  }

  /** What the vault asks of the log, without a disk. */
  private static final class LastMark implements VaultJournal {
    private @Nullable Mark last;

    @Override
    public Optional<Mark> last() {
      return Optional.ofNullable(last);
    }

    @Override
    public void append(Mark mark) {
      if (mark.action().tellsState()) {
        last = mark;
      }
    }
  }
}
