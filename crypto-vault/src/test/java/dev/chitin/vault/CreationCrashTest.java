package dev.chitin.vault;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.vault.unlock.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A crash after every step of the first start, in every state in which it may leave the disk: the
 * next start makes or opens a sound vault, which opens by the key that lies there, and nothing else
 * is left.
 */
class CreationCrashTest {
  private static final byte[] VALUE = "fake-value-of-a-first-start".getBytes(US_ASCII);

  @TempDir Path temporary;

  /** A machine's directories: Chitin's home is there, what is above the key file is not. */
  private record Machine(Path root, Path home, Path vault, Path keys, KeyFile keyFile) {
    static Machine in(Path root) {
      Path home = root.resolve("home");
      Path keys = root.resolve("config").resolve("chitin");
      return new Machine(
          root, home, home.resolve("vault"), keys, new KeyFile(keys.resolve("vault.key"), home));
    }

    VaultSetup setup(VaultJournal journal) {
      return VaultSetup.of(vault, journal, root.resolve("attempts"))
          .withDevice(VaultFixture.DEVICE);
    }

    VaultStore start(VaultSetup setup) {
      return VaultStart.open(setup, keyFile, Credentials.keyFile(keyFile));
    }

    Set<String> names() throws IOException {
      Set<String> names = new TreeSet<>();
      for (Path file : CrashStateTest.files(root)) {
        names.add(root.relativize(file).toString().replaceFirst("records/.*", "records/one"));
      }
      return names;
    }
  }

  private static final String[] SOUND = {
    "config/chitin/vault.key",
    "home/vault/header.1",
    "home/vault/keyring.1",
    "home/vault/lock",
    "home/vault/manifest"
  };

  @Test
  void aCrashAfterAnyStepOfTheFirstStartIsMadeGoodByTheNext() throws IOException {
    Machine live = Machine.in(Files.createDirectories(temporary.resolve("live")));
    Files.createDirectory(live.home());
    var disk = new CrashDisk(live.root());
    var journal = new MemoryJournal();
    VaultSetup setup = live.setup(journal);
    try (VaultStore store =
        live.start(
            CrashStateTest.withLog(setup, new CrashStateTest.Recording(journal, disk))
                .withDisk(disk))) {
      assertThat(store.list("t").secrets()).isEmpty();
    }
    assertThat(live.names()).containsExactlyInAnyOrder(SOUND);
    int states = 0;
    int found = 0;
    for (int count = 0; count <= disk.steps.size(); count++) {
      for (CrashDisk.Remains remains : disk.after(count)) {
        found += startAgain(disk, remains, states++) ? 1 : 0;
      }
    }
    assertThat(found).as("starts that found the vault").isBetween(1, states - 1);
    assertThat(states).isGreaterThan(disk.steps.size());
  }

  /** Whether there was a vault. */
  private boolean startAgain(CrashDisk disk, CrashDisk.Remains remains, int number)
      throws IOException {
    Machine machine = Machine.in(Files.createDirectories(temporary.resolve("crash" + number)));
    remains.lay(disk.root(), machine.root());
    var journal = new MemoryJournal();
    journal.marks.addAll(remains.marks());
    VaultSetup setup = machine.setup(journal).withDisk(new UnsyncedDisk());
    boolean there = Files.exists(machine.vault());
    try (VaultStore store = machine.start(setup)) {
      assertThat(store.status().orphans()).as(remains.what()).isZero();
      assertThat(machine.names()).as(remains.what()).containsExactlyInAnyOrder(SOUND);
      VaultFixture.put(store, "t", "first", VALUE);
    }
    try (VaultStore store = machine.start(setup)) {
      assertThat(VaultFixture.get(store, "t", "first")).as(remains.what()).isEqualTo(VALUE);
    }
    List<String> sound = new ArrayList<>(List.of(SOUND));
    sound.add("home/vault/records/one");
    assertThat(machine.names()).as(remains.what()).containsExactlyInAnyOrderElementsOf(sound);
    CrashStateTest.deleteTree(machine.root());
    return there;
  }

  /** Where the log knows secrets, a start neither makes another vault nor another key. */
  @Test
  void aVaultThatIsGoneWithItsSecretsIsNotMadeAnew() throws IOException {
    Machine live = Machine.in(Files.createDirectories(temporary.resolve("live")));
    Files.createDirectory(live.home());
    VaultSetup setup = live.setup(new MemoryJournal());
    try (VaultStore store = live.start(setup)) {
      VaultFixture.put(store, "t", "first", VALUE);
    }
    CrashStateTest.deleteTree(live.vault());
    Files.delete(live.keys().resolve("vault.key"));
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> live.start(setup))
        .hasMessageContaining("vault.rollback_detected");
    assertThat(live.names()).isEmpty();
  }

  /** And where the vault is there and its key is not, no other key is put in its place. */
  @Test
  void aKeyThatIsGoneIsNotMadeAnew() throws IOException {
    Machine live = Machine.in(Files.createDirectories(temporary.resolve("live")));
    Files.createDirectory(live.home());
    VaultSetup setup = live.setup(new MemoryJournal());
    live.start(setup).close();
    Files.delete(live.keys().resolve("vault.key"));
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> live.start(setup))
        .hasMessageContaining("vault.unlock_failed");
    assertThat(Files.exists(live.keys().resolve("vault.key"))).isFalse();
  }
}
