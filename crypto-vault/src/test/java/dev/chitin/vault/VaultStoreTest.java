package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.unlock.SlotRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VaultStoreTest {
  private static final Set<ProblemCode> DAMAGED =
      Set.of(
          ProblemCode.VAULT_CORRUPT,
          ProblemCode.VAULT_UNLOCK_FAILED,
          ProblemCode.VAULT_FORMAT_UNKNOWN);

  @TempDir Path temporary;
  private VaultFixture vault;

  @BeforeEach
  void create() throws IOException {
    vault = new VaultFixture(temporary).created();
  }

  @Test
  void whatIsPutIsThereAfterReopening() {
    byte[] first = VaultFixture.random(48);
    byte[] second = VaultFixture.random(SecretBytes.MAX_BYTES);
    try (VaultStore store = vault.open()) {
      assertThat(VaultFixture.put(store, "t", "a", VaultFixture.random(3)).version()).isEqualTo(1);
      assertThat(VaultFixture.put(store, "t", "a", first).version()).isEqualTo(2);
      VaultFixture.put(store, "u", "a", second);
      assertThat(VaultFixture.get(store, "t", "a")).isEqualTo(first);
    }
    try (VaultStore store = vault.open()) {
      assertThat(VaultFixture.get(store, "t", "a")).isEqualTo(first);
      assertThat(VaultFixture.get(store, "u", "a")).isEqualTo(second);
      assertThat(store.list("t").secrets()).extracting(SecretMetadata::version).containsExactly(2L);
      assertThat(store.list("v").secrets()).isEmpty();
      assertThat(store.status().epoch()).isEqualTo(4);
      assertThat(store.status().orphans()).isZero();
      assertThat(store.status().engine()).isEqualTo("openssl");
    }
  }

  @Test
  void aDeletedSecretIsGoneWithItsFile() throws IOException {
    try (VaultStore store = vault.open()) {
      VaultFixture.put(store, "t", "a", VaultFixture.random(9));
      int files = vault.files().size();
      store.delete("t", new SecretName("a"));
      assertThat(vault.files()).hasSize(files - 1);
      assertThat(store.sealed("t", new SecretName("a"))).isEmpty();
      assertThatThrownBy(() -> store.delete("t", new SecretName("a")))
          .hasMessageContaining("secret_unknown");
      VaultFixture.put(store, "t", "a", VaultFixture.random(9));
    }
    try (VaultStore store = vault.open()) {
      assertThat(store.list("t").secrets()).hasSize(1);
    }
  }

  @Test
  void aValueOfNoLengthOrTooLongIsRefused() {
    try (VaultStore store = vault.open()) {
      for (int length : new int[] {0, SecretBytes.MAX_BYTES + 1}) {
        assertThatThrownBy(() -> VaultFixture.put(store, "t", "a", new byte[length]))
            .hasMessageContaining("secret_invalid");
      }
    }
  }

  @Test
  void nothingOnDiskShowsANameOrAValueAndAllIsForTheOwnerAlone() throws IOException {
    byte[] value = "plain-text-of-a-fake-secret".getBytes(StandardCharsets.US_ASCII);
    try (VaultStore store = vault.open()) {
      VaultFixture.put(store, "tenant-seven", "name-of-the-secret", value);
    }
    for (Path file : vault.files()) {
      String text = file + new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
      assertThat(text).doesNotContain("plain-text", "name-of-the", "tenant-seven");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void everyFlippedByteOfEveryFileIsRefusedWithACode() throws IOException {
    try (VaultStore store = vault.open()) {
      VaultFixture.put(store, "t", "a", VaultFixture.random(20));
    }
    int flips = 0;
    for (Path file : vault.files()) {
      byte[] content = Files.readAllBytes(file);
      for (int i = 0; i < content.length; i++) {
        byte[] bent = content.clone();
        bent[i] ^= 0x10;
        Files.write(file, bent);
        flips++;
        assertThatThrownBy(() -> vault.open().close())
            .as("%s byte %d", file.getFileName(), i)
            .isInstanceOfSatisfying(
                ChitinException.class, e -> assertThat(DAMAGED).contains(e.code()));
      }
      Files.write(file, content);
    }
    assertThat(flips).isGreaterThan(900);
    vault.open().close();
  }

  @Test
  void everyTruncatedOrMissingFileIsRefusedWithACode() throws IOException {
    try (VaultStore store = vault.open()) {
      VaultFixture.put(store, "t", "a", VaultFixture.random(20));
    }
    for (Path file : vault.files()) {
      byte[] content = Files.readAllBytes(file);
      for (int length = 0; length < content.length; length += 7) {
        Files.write(file, java.util.Arrays.copyOf(content, length));
        assertThatThrownBy(() -> vault.open().close()).isInstanceOf(ChitinException.class);
      }
      Files.delete(file);
      assertThatThrownBy(() -> vault.open().close()).isInstanceOf(ChitinException.class);
      Files.write(file, content);
    }
    vault.open().close();
  }

  @Test
  void swappedRecordsAreRefused() throws IOException {
    try (VaultStore store = vault.open()) {
      VaultFixture.put(store, "t", "a", VaultFixture.random(20));
      VaultFixture.put(store, "u", "a", VaultFixture.random(20));
    }
    List<Path> records =
        vault.files().stream().filter(f -> f.toString().contains("records")).toList();
    assertThat(records).hasSize(2);
    byte[] first = Files.readAllBytes(records.get(0));
    Files.copy(records.get(1), records.get(0), StandardCopyOption.REPLACE_EXISTING);
    Files.write(records.get(1), first);
    assertThatThrownBy(() -> vault.open()).hasMessageContaining("vault.corrupt");
  }

  /** Files and digests aside, a sealed value opens under its own name and version only. */
  @Test
  void aRecordIsBoundToItsNameTenantVersionAndBinding() {
    try (VaultStore store = vault.open()) {
      VaultFixture.put(store, "t", "a", VaultFixture.random(20));
      SealedSecret a1 = store.sealed("t", new SecretName("a")).orElseThrow();
      var bound =
          new PutOptions(
              java.time.Duration.ZERO, 0, java.util.Optional.of(binding("api.example")), false);
      VaultFixture.put(
          store,
          "t",
          "a",
          "fake-value-of-20-byte".substring(1).getBytes(java.nio.charset.StandardCharsets.US_ASCII),
          bound);
      VaultFixture.put(store, "t", "b", VaultFixture.random(20));
      VaultFixture.put(store, "u", "a", VaultFixture.random(20));
      SealedSecret a2 = store.sealed("t", new SecretName("a")).orElseThrow();
      for (SealedSecret other :
          List.of(
              a2,
              store.sealed("t", new SecretName("b")).orElseThrow(),
              store.sealed("u", new SecretName("a")).orElseThrow())) {
        refusedUse(store, new SealedSecret(other.secret(), other.entry(), a1.value()));
        refusedUse(store, new SealedSecret(other.secret(), a1.entry(), a1.value()), other);
        refusedUse(store, new SealedSecret(a1.secret(), other.entry(), a1.value()));
      }
      refusedUse(store, new SealedSecret(a2.secret(), withBinding(a2.entry(), ""), a2.value()));
      refusedUse(
          store,
          new SealedSecret(
              a2.secret(),
              withBinding(a2.entry(), binding("evil.example").canonical()),
              a2.value()));
      assertThat(store.<Long>use(a2, java.lang.foreign.MemorySegment::byteSize)).isEqualTo(20);
    }
  }

  private static SecretBinding binding(String host) {
    return new SecretBinding("https", host, 443, "/", List.of(), "header", "authorization", "raw");
  }

  private static void refusedUse(VaultStore store, SealedSecret sealed) {
    assertThatThrownBy(() -> store.use(sealed, s -> s)).hasMessageContaining("vault.corrupt");
  }

  /** A version under another secret's name; the same name is no other place. */
  private static void refusedUse(VaultStore store, SealedSecret sealed, SealedSecret other) {
    if (!other.secret().place().equals("t/a")) {
      refusedUse(store, sealed);
    }
  }

  private static Manifest.Version withBinding(Manifest.Version v, String binding) {
    return new Manifest.Version(
        v.version(),
        v.state(),
        v.createdMillis(),
        v.expiresMillis(),
        v.destroyAfterMillis(),
        binding,
        v.term(),
        v.sealedTerm(),
        v.file(),
        v.dataKey());
  }

  @Test
  void anotherVaultsFilesAreRefused() throws IOException {
    var other = new VaultFixture(temporary.resolve("other")).created();
    for (String name : List.of("manifest", "keyring.1", "header.1")) {
      byte[] own = Files.readAllBytes(vault.directory.resolve(name));
      Files.copy(
          other.directory.resolve(name),
          vault.directory.resolve(name),
          StandardCopyOption.REPLACE_EXISTING);
      assertThatThrownBy(() -> vault.open())
          .isInstanceOfSatisfying(
              ChitinException.class, e -> assertThat(DAMAGED).contains(e.code()));
      Files.write(vault.directory.resolve(name), own);
    }
    assertThatThrownBy(() -> VaultStore.open(vault.setup, other.credentials()))
        .hasMessageContaining("vault.unlock_failed");
  }

  @Test
  void aSecondOpenerIsRefusedInThisProcessAndInAnother() throws Exception {
    vault = withFileLog();
    try (VaultStore store = vault.open()) {
      assertThat(store.status().writable()).isTrue();
      assertThatThrownBy(() -> vault.open()).hasMessageContaining("Another process");
      Process child = VaultChild.start("open", vault);
      String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(said).contains("vault.unavailable");
      assertThatThrownBy(() -> vault.open()).hasMessageContaining("Another process");
    }
    vault.open().close();
  }

  private VaultFixture withFileLog() throws IOException {
    Path own = Files.createDirectories(temporary.resolve("own"));
    return new VaultFixture(own, new FileJournal(own.resolve("home").resolve("marks"))).created();
  }

  @ParameterizedTest
  @ValueSource(strings = {"write manifest.tmp", "write", "mkdir"})
  void aFullDiskRefusesThePutAndKeepsTheOldState(String step) throws IOException {
    byte[] old = VaultFixture.random(30);
    var disk = new VaultFixture.FailingDisk();
    try (VaultStore store = vault.open(disk)) {
      VaultFixture.put(store, "t", "a", old);
      disk.failing = step;
      for (int i = 0; i < 12; i++) {
        String name = step.equals("mkdir") ? "n" + i : "a";
        try {
          VaultFixture.put(store, "t", name, VaultFixture.random(30));
          assertThat(step).isEqualTo("mkdir");
        } catch (ChitinException e) {
          assertThat(e.code()).isEqualTo(ProblemCode.VAULT_UNAVAILABLE);
        }
      }
      assertThat(VaultFixture.get(store, "t", "a")).isEqualTo(old);
      disk.failing = "";
      VaultFixture.put(store, "t", "b", old);
    }
    try (VaultStore store = vault.open()) {
      assertThat(VaultFixture.get(store, "t", "a")).isEqualTo(old);
      assertThat(VaultFixture.get(store, "t", "b")).isEqualTo(old);
      assertThat(store.status().orphans()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"syncfile", "syncfile manifest.tmp", "syncdir", "rename"})
  void afterASyncThatFailedNothingIsWrittenUntilARestart(String step) throws IOException {
    byte[] old = VaultFixture.random(30);
    byte[] next = VaultFixture.random(30);
    var disk = new VaultFixture.FailingDisk();
    try (VaultStore store = vault.open(disk)) {
      VaultFixture.put(store, "t", "a", old);
      disk.failing = step;
      assertThatThrownBy(() -> VaultFixture.put(store, "t", "a", next))
          .hasMessageContaining("vault.unavailable");
      disk.failing = "";
      assertThat(store.status().writable()).isFalse();
      assertThatThrownBy(() -> VaultFixture.put(store, "t", "a", next))
          .hasMessageContaining("no changes");
      assertThat(VaultFixture.get(store, "t", "a")).isEqualTo(old);
    }
    try (VaultStore store = vault.open()) {
      assertThat(VaultFixture.get(store, "t", "a")).isIn(old, next);
    }
  }

  @Test
  void whatTheManifestDoesNotNameIsRemovedAndCounted() throws IOException {
    try (VaultStore store = vault.open()) {
      VaultFixture.put(store, "t", "a", VaultFixture.random(5));
    }
    Path record =
        vault.files().stream()
            .filter(f -> f.toString().contains("records"))
            .findFirst()
            .orElseThrow();
    Files.write(record.resolveSibling("f".repeat(64) + ".1"), new byte[10]);
    Files.write(vault.directory.resolve("manifest.tmp"), new byte[10]);
    try (VaultStore store = vault.open()) {
      assertThat(store.status().orphans()).isEqualTo(2);
    }
    assertThat(vault.files()).hasSize(5);
  }

  @Test
  void aVaultIsNotMadeOverAnother() {
    assertThatThrownBy(
            () ->
                VaultStore.create(
                    vault.setup, SlotRequest.keyFile(Optional.empty()), vault.credentials()))
        .hasMessageContaining("vault.unavailable");
    vault.open().close();
  }

  @Test
  void aCreationThatWasCutShortIsBegunAnew() throws IOException {
    var second = new VaultFixture(temporary.resolve("second"));
    second.keyFile.create();
    Path half = Files.createDirectory(second.home.resolve("vault.creating"));
    Files.write(half.resolve("header.1"), new byte[3]);
    assertThat(VaultStore.exists(second.directory)).isFalse();
    VaultStore.create(second.setup, SlotRequest.keyFile(Optional.empty()), second.credentials());
    second.open().close();
  }

  @Test
  void aVaultWithoutKeyFileIsNotMade() throws IOException {
    var second = new VaultFixture(temporary.resolve("third"));
    assertThatThrownBy(
            () ->
                VaultStore.create(
                    second.setup, SlotRequest.keyFile(Optional.empty()), second.credentials()))
        .hasMessageContaining("vault.unlock_failed");
    assertThat(Files.exists(second.directory)).isFalse();
  }

  @Test
  void aDirectoryThatCannotBeWrittenRefusesThePut() throws IOException {
    org.junit.jupiter.api.Assumptions.assumeFalse(
        (int) Files.getAttribute(vault.directory, "unix:uid") == 0, "root writes everywhere");
    try (VaultStore store = vault.open()) {
      VaultFixture.put(store, "t", "a", VaultFixture.random(5));
      Files.setPosixFilePermissions(vault.directory, PosixFilePermissions.fromString("r-x------"));
      assertThatThrownBy(() -> VaultFixture.put(store, "t", "b", VaultFixture.random(5)))
          .hasMessageContaining("vault.unavailable");
    } finally {
      Files.setPosixFilePermissions(vault.directory, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void aClosedVaultLendsNothing() {
    VaultStore store = vault.open();
    VaultFixture.put(store, "t", "a", VaultFixture.random(5));
    SealedSecret sealed = store.sealed("t", new SecretName("a")).orElseThrow();
    store.close();
    store.close();
    assertThatThrownBy(() -> store.use(sealed, s -> s)).hasMessageContaining("closed");
  }
}
