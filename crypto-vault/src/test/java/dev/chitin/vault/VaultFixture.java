package dev.chitin.vault;

import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.store.Disk;
import dev.chitin.vault.store.PosixDisk;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.Stream;

/** A vault with its key file in a directory of a test. */
final class VaultFixture {
  final Path home;
  final Path directory;
  final KeyFile keyFile;

  VaultFixture(Path temporary) throws IOException {
    home = Files.createDirectories(temporary.resolve("home"));
    directory = home.resolve("vault");
    Path keys = Files.createDirectories(temporary.resolve("keys"));
    keyFile = new KeyFile(keys.resolve("vault.key"), home);
  }

  VaultFixture created() {
    keyFile.create();
    VaultStore.create(directory, keyFile);
    return this;
  }

  VaultStore open() {
    return VaultStore.open(directory, keyFile);
  }

  VaultStore open(Disk disk) {
    return VaultStore.open(directory, keyFile, disk, CryptoEngine.best());
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  static SecretMetadata put(VaultStore store, String tenant, String name, byte[] value) {
    try (SecretBytes secret = SecretBytes.takeOver(value.clone())) {
      return store.put(tenant, new SecretName(name), secret);
    }
  }

  /** The bytes that a use of the secret sees. */
  static byte[] get(VaultStore store, String tenant, String name) {
    return store.use(
        store.sealed(tenant, new SecretName(name)).orElseThrow(),
        segment -> segment.toArray(ValueLayout.JAVA_BYTE));
  }

  List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** A disk that fails at one kind of step when told to. */
  static final class FailingDisk implements Disk {
    private final Disk real = new PosixDisk();
    String failing = "";

    private void reached(String step, Path path) throws IOException {
      if (!failing.isEmpty() && (step + " " + path.getFileName()).startsWith(failing)) {
        throw failing.startsWith("sync")
            ? new NotDurable(path, new IOException("input/output error"))
            : new IOException("no space left on device");
      }
    }

    @Override
    public void writeNew(Path file, byte[] content) throws IOException {
      if (!failing.isEmpty() && ("write " + file.getFileName()).startsWith(failing)) {
        real.writeNew(file, new byte[content.length / 2]);
      }
      reached("write", file);
      real.writeNew(file, content);
      reached("syncfile", file);
    }

    @Override
    public byte[] read(Path file, long max) throws IOException {
      return real.read(file, max);
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
      reached("mkdir", directory);
      real.createDirectory(directory);
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
      reached("rename", target);
      real.rename(source, target);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
      reached("syncdir", directory);
      real.syncDirectory(directory);
    }

    @Override
    public void delete(Path file) throws IOException {
      real.delete(file);
    }
  }
}
