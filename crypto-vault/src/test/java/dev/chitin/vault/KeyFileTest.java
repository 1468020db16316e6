package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {
  @TempDir Path temporary;
  private Path home;
  private Path path;

  @BeforeEach
  void directories() throws IOException {
    home = Files.createDirectories(temporary.resolve("home"));
    path = Files.createDirectories(temporary.resolve("keys")).resolve("vault.key");
  }

  private void refused(KeyFile keyFile, String rule) {
    assertThatThrownBy(keyFile::read)
        .isInstanceOfSatisfying(
            ChitinException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ProblemCode.VAULT_UNLOCK_FAILED);
              assertThat(e.problem().rule()).isEqualTo(rule);
              assertThat(e.problem().hint()).contains(keyFile.path().toString());
            });
  }

  private KeyFile made() {
    var keyFile = new KeyFile(path, home);
    keyFile.create();
    return keyFile;
  }

  @Test
  void aNewKeyIsForItsOwnerAloneAndReadsBack() throws IOException {
    KeyFile keyFile = made();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    try (SecretBytes a = keyFile.read();
        SecretBytes b = keyFile.read()) {
      assertThat(a.length()).isEqualTo(32);
      assertThat(a.segment().mismatch(b.segment())).isEqualTo(-1);
      assertThat(a.segment().asByteBuffer().getLong(0)).isNotZero();
    }
  }

  @Test
  void aKeyIsNeverOverwritten() {
    KeyFile keyFile = made();
    assertThatThrownBy(keyFile::create).hasMessageContaining("already");
  }

  @Test
  void aMissingKeyIsRefusedWithWhatToDo() {
    refused(new KeyFile(path, home), "key.missing");
  }

  @Test
  void aKeyThatOthersCanReadIsRefused() throws IOException {
    for (String mode : new String[] {"rw-r-----", "rw----r--", "rw---x---", "rw-----w-"}) {
      Files.deleteIfExists(path);
      KeyFile keyFile = made();
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
      refused(keyFile, "key.permissions");
    }
  }

  @Test
  void aLinkIsRefused() throws IOException {
    made();
    Path link = path.resolveSibling("link.key");
    Files.createSymbolicLink(link, path);
    refused(new KeyFile(link, home), "key.type");
  }

  @Test
  void aDirectoryIsRefused() throws IOException {
    Files.createDirectory(path);
    refused(new KeyFile(path, home), "key.type");
  }

  @Test
  void aSecondNameIsRefused() throws IOException {
    KeyFile keyFile = made();
    Files.createLink(path.resolveSibling("other"), path);
    refused(keyFile, "key.links");
  }

  @Test
  void anotherLengthIsRefused() throws IOException {
    KeyFile keyFile = made();
    Files.write(path, new byte[33]);
    refused(keyFile, "key.length");
    Files.write(path, new byte[31]);
    refused(keyFile, "key.length");
  }

  @Test
  void anotherOwnerIsRefused() throws IOException {
    KeyFile keyFile = made();
    Assumptions.assumeTrue(
        (int) Files.getAttribute(path, "unix:uid") == 0, "only root can give a file away");
    Files.setAttribute(path, "unix:uid", 65_534);
    refused(keyFile, "key.owner");
  }

  @Test
  void aKeyInChitinsHomeIsRefusedAlsoThroughALink() throws IOException {
    KeyFile inside = new KeyFile(home.resolve("vault.key"), home);
    assertThatThrownBy(inside::create).hasMessageContaining("Chitin's home");
    refused(inside, "key.place");
    Path link = temporary.resolve("looks-outside");
    Files.createSymbolicLink(link, home);
    refused(new KeyFile(link.resolve("vault.key"), home), "key.place");
  }

  @Test
  void aDirectoryThatOthersMayWriteIsRefused() throws IOException {
    KeyFile keyFile = made();
    Files.setPosixFilePermissions(path.getParent(), PosixFilePermissions.fromString("rwxrwxr-x"));
    refused(keyFile, "key.parent");
  }
}
