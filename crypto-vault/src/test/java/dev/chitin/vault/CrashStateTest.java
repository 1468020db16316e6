package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.vault.store.Slot;
import dev.chitin.vault.unlock.SlotRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A crash after every step of every kind of change, in every state in which it may leave the disk:
 * the vault opens in the state before or after, and nothing else lies there.
 */
class CrashStateTest {
  private static final byte[] VALUE =
      "fake-value-of-a-crash-test".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  @TempDir Path temporary;
  private VaultFixture vault;

  /** What is done while the disk may crash. */
  enum Scenario {
    PUT_NEW((s, v) -> VaultFixture.put(s, "t", "new", VALUE)),
    PUT_OVER((s, v) -> VaultFixture.put(s, "t", "a", VALUE)),
    ROTATE_WITH_GRACE(
        (s, v) -> VaultFixture.put(s, "t", "a", VALUE, PutOptions.rotate(Duration.ofHours(1)))),
    DELETE((s, v) -> s.delete("t", new SecretName("a"))),
    PRUNE(
        (s, v) ->
            s.change(
                new ChangeRequest(ChangeRequest.Kind.PRUNE, new SecretName("b"), "t", "tester"))),
    KEK_ROTATION(
        (s, v) -> {
          var rotation = new KekRotation(s);
          rotation.begin();
          assertThat(rotation.step()).isFalse();
          assertThat(rotation.dropBefore(rotation.currentTerm())).isTrue();
        }),
    ADD_SLOT((s, v) -> new SlotChanges(s).add(SlotRequest.recovery(), v.withRecoveryKey())),
    REMOVE_SLOT((s, v) -> new SlotChanges(s).remove(new SlotChanges(s).slots().getLast().idText())),
    RECIPIENT((s, v) -> new Transfer(s).recipient()),
    IMPORT((s, v) -> new Transfer(s).takeIn("t", exportedTo(new Transfer(s).recipient()), "o")),
    ROOT_ROTATION((s, v) -> new SlotChanges(s).rotateRoot(v.credentials()));

    @SuppressWarnings("ImmutableEnumChecker") // the functions hold no state
    private final BiConsumer<VaultStore, VaultFixture> run;

    Scenario(BiConsumer<VaultStore, VaultFixture> run) {
      this.run = run;
    }
  }

  /** What can be seen of a vault. */
  private record Seen(Map<String, String> values, List<String> slots, int live) {}

  @BeforeEach
  void create() throws IOException {
    vault = new VaultFixture(temporary.resolve("live")).created();
    try (VaultStore store = vault.open()) {
      VaultFixture.put(store, "t", "a", new byte[] {1, 2, 3});
      VaultFixture.put(store, "t", "b", new byte[] {4});
      VaultFixture.put(store, "t", "b", new byte[] {5}, PutOptions.rotate(Duration.ofDays(1)));
      VaultFixture.put(store, "u", "a", new byte[] {6, 7});
      new SlotChanges(store).add(SlotRequest.keyFile(Optional.of(List.of())), vault.credentials());
    }
  }

  private static Seen see(VaultStore store) {
    Map<String, String> values = new TreeMap<>();
    int live = 0;
    for (String tenant : List.of("t", "u", Transfer.OWN)) {
      for (SecretMetadata secret : store.list(tenant).secrets()) {
        String name = secret.name().value();
        values.put(tenant + "/" + name, Arrays.toString(VaultFixture.get(store, tenant, name)));
        live +=
            (int) secret.versions().stream().filter(v -> !v.state().equals("destroyed")).count();
      }
    }
    return new Seen(
        values, new SlotChanges(store).slots().stream().map(Slot::idText).toList(), live);
  }

  /** A secret of another vault, sealed to this one. */
  private static String exportedTo(String recipient) {
    try {
      Path other = Files.createTempDirectory("chitin-other-vault");
      try (VaultStore store = new VaultFixture(other).created().open()) {
        VaultFixture.put(store, "x", "moved", VALUE);
        return new Transfer(store).export("x", new SecretName("moved"), recipient);
      } finally {
        deleteTree(other);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** What is sent elsewhere is written nowhere. */
  @Test
  void anExportLeavesTheDiskAlone() throws IOException {
    String recipient;
    try (VaultStore store = vault.open()) {
      recipient = new Transfer(store).recipient();
    }
    var disk = new CrashDisk(vault.directory);
    try (VaultStore store = vault.open(disk)) {
      new Transfer(store).export("t", new SecretName("a"), recipient);
    }
    assertThat(disk.steps).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Scenario.class)
  void aCrashAfterAnyStepLeavesTheOldOrTheNewState(Scenario scenario) throws IOException {
    if (scenario == Scenario.IMPORT) {
      try (VaultStore store = vault.open()) {
        new Transfer(store).recipient();
      }
    }
    List<VaultJournal.Mark> before = List.copyOf(vault.journal.marks);
    var disk = new CrashDisk(vault.directory);
    Seen old;
    Seen now;
    try (VaultStore store =
        VaultStore.open(
            withLog(vault.setup, new Recording(vault.journal, disk)).withDisk(disk),
            vault.credentials())) {
      old = see(store);
      scenario.run.accept(store, vault);
      now = see(store);
    }
    Set<Seen> found = new HashSet<>();
    int states = 0;
    for (int count = 0; count <= disk.steps.size(); count++) {
      for (CrashDisk.Remains remains : disk.after(count)) {
        Seen seen = reopen(disk, remains, before, states++);
        assertThat(seen).as(scenario + " " + remains.what()).isIn(old, now);
        found.add(seen);
      }
    }
    assertThat(found).contains(old, now);
    assertThat(states).isGreaterThan(disk.steps.size());
  }

  private Seen reopen(
      CrashDisk disk, CrashDisk.Remains remains, List<VaultJournal.Mark> before, int number)
      throws IOException {
    Path home = Files.createDirectories(temporary.resolve("crash" + number));
    Path directory = home.resolve("vault");
    remains.lay(disk.root(), directory);
    var journal = new MemoryJournal();
    journal.marks.addAll(before);
    journal.marks.addAll(remains.marks());
    VaultSetup setup =
        VaultSetup.of(directory, journal, home.resolve("attempts"))
            .withDevice(VaultFixture.DEVICE)
            .withDisk(new UnsyncedDisk());
    try (VaultStore store = VaultStore.open(setup, vault.credentials())) {
      assertThat(store.status().writable()).isTrue();
    }
    Seen seen;
    try (VaultStore store = VaultStore.open(setup, vault.credentials())) {
      assertThat(store.status().orphans()).as(remains.what()).isZero();
      seen = see(store);
      assertThat(files(directory)).as(remains.what()).hasSize(4 + seen.live());
      var rotation = new KekRotation(store);
      while (rotation.step()) {
        assertThat(store.status().rewrapping()).isPositive();
      }
      assertThat(rotation.dropBefore(rotation.currentTerm())).isTrue();
      VaultFixture.put(store, "t", "afterwards", VALUE);
      assertThat(VaultFixture.get(store, "t", "afterwards")).isEqualTo(VALUE);
    }
    deleteTree(home);
    return seen;
  }

  static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  static void deleteTree(Path tree) throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.walk(tree)) {
      paths = new ArrayList<>(all.toList());
    }
    for (Path path : paths.reversed()) {
      Files.delete(path);
    }
  }

  static VaultSetup withLog(VaultSetup setup, VaultJournal journal) {
    return new VaultSetup(
        setup.directory(),
        journal,
        setup.attempts(),
        setup.device(),
        setup.binding(),
        setup.disk(),
        setup.engine(),
        setup.kdf(),
        setup.clock(),
        setup.acceptRollback());
  }

  /** A log whose entries stand among the steps of the disk. */
  record Recording(MemoryJournal journal, CrashDisk disk) implements VaultJournal {
    @Override
    public Optional<Mark> last() {
      return journal.last();
    }

    @Override
    public void append(Mark mark) {
      journal.append(mark);
      disk.steps.add(new CrashDisk.Step.Logged(mark));
    }
  }

  /** The put of a secret that there is costs four syncs, however many secrets there are. */
  @Test
  void aPutCostsFourSyncs() throws IOException {
    var disk = new CrashDisk(vault.directory);
    try (VaultStore store = vault.open(disk)) {
      VaultFixture.put(store, "t", "a", VALUE);
    }
    assertThat(disk.syncs()).isEqualTo(4);
  }
}
