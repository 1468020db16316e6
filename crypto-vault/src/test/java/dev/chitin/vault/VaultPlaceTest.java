package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of an open vault whose files are no longer as it left them. */
class VaultPlaceTest {
  @TempDir Path temporary;
  private VaultFixture vault;
  private VaultStore store;
  private Path directory;

  @BeforeEach
  void open() throws IOException {
    vault = new VaultFixture(temporary).created();
    store = vault.open();
    directory = store.layout().directory();
  }

  @AfterEach
  void close() throws IOException {
    store.close();
  }

  private void isSound() {
    assertThat(store.fault(false)).isEmpty();
    assertThat(store.fault(true)).isEmpty();
  }

  private void isAtFault(String why) {
    assertThat(store.fault(false)).hasValueSatisfying(said -> assertThat(said).contains(why));
  }

  private void allow(Path path, String rights) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(rights));
  }

  @Test
  void aVaultThatChangesIsSoundAfterEachChangeAndNothingIsLeftOfTheTry() throws IOException {
    isSound();
    VaultFixture.put(store, "t", "a", VaultFixture.random(9));
    int files = vault.files().size();
    isSound();
    assertThat(vault.files()).hasSize(files);
  }

  @Test
  void aDirectoryThatIsGoneIsToldUntilItIsBack() throws IOException {
    Path away = directory.resolveSibling("away");
    Files.move(directory, away);
    isAtFault(directory + " is gone");
    Files.move(away, directory);
    isSound();
  }

  @Test
  void aManifestThatIsGoneUnreadableOrAnotherIsTold() throws IOException {
    Path manifest = store.layout().manifest();
    Path older = directory.resolveSibling("older");
    Files.copy(manifest, older);
    allow(manifest, "---------");
    isAtFault(manifest + " cannot be read");
    allow(manifest, "rw-------");
    isSound();
    VaultFixture.put(store, "t", "a", VaultFixture.random(9));
    Path newer = directory.resolveSibling("newer");
    Files.move(manifest, newer);
    isAtFault("manifest");
    Files.copy(older, manifest, StandardCopyOption.REPLACE_EXISTING);
    isAtFault("is not the one that was opened");
    Files.move(newer, manifest, StandardCopyOption.REPLACE_EXISTING);
    isSound();
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsTold() throws IOException {
    allow(directory, "r-x------");
    isAtFault("cannot be written");
    allow(directory, "rwx------");
    isSound();
  }

  /** Another process could open the vault in the copy, beside this one. */
  @Test
  void aCopyInThePlaceOfTheDirectoryIsToldByItsLock() throws IOException {
    Path lock = directory.resolve("lock");
    Path held = directory.resolve("held");
    Files.move(lock, held);
    isAtFault("the lock in");
    Files.copy(held, lock);
    isAtFault("the lock in");
    Files.move(held, lock, StandardCopyOption.REPLACE_EXISTING);
    isSound();
  }
}
