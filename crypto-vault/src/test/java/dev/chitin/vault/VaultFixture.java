package dev.chitin.vault;

import dev.chitin.vault.store.Disk;
import dev.chitin.vault.store.PosixDisk;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.Device;
import dev.chitin.vault.unlock.SlotRequest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A vault with its key file and its log in a directory of a test. */
final class VaultFixture {
  static final Device DEVICE =
      new Device(
          Optional.of("0123456789abcdef0123456789abcdef"),
          Optional.of(new Device.User(1_000, "tester")));

  final Path home;
  final Path directory;
  final KeyFile keyFile;
  final MemoryJournal journal = new MemoryJournal();
  final VaultSetup setup;

  VaultFixture(Path temporary) throws IOException {
    this(temporary, null);
  }

  /** With a log of another kind, when there is one. */
  VaultFixture(Path temporary, @Nullable VaultJournal other) throws IOException {
    home = Files.createDirectories(temporary.resolve("home"));
    directory = home.resolve("vault");
    Path keys = Files.createDirectories(temporary.resolve("keys"));
    keyFile = new KeyFile(keys.resolve("vault.key"), home);
    setup =
        VaultSetup.of(directory, other == null ? journal : other, home.resolve("vault.attempts"))
            .withDevice(DEVICE);
  }

  VaultFixture created() {
    keyFile.create();
    VaultStore.create(setup, SlotRequest.keyFile(Optional.empty()), credentials());
    return this;
  }

  Credentials credentials() {
    return Credentials.keyFile(keyFile);
  }

  /** Those and a fresh recovery key. */
  Credentials withRecoveryKey() {
    return credentials().withRecovery(SecretBytes.takeOver(random(32)));
  }

  /** Opens it; earlier failures are forgotten, so that a test may make many. */
  VaultStore open() {
    setup.attempts().succeeded();
    return VaultStore.open(setup, credentials());
  }

  VaultStore open(Disk disk) {
    return VaultStore.open(setup.withDisk(disk), credentials());
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  static SecretMetadata put(VaultStore store, String tenant, String name, byte[] value) {
    try (SecretBytes secret = SecretBytes.takeOver(value.clone())) {
      return store.put(tenant, new SecretName(name), secret, "owner", PutOptions.PUT);
    }
  }

  static SecretMetadata put(
      VaultStore store, String tenant, String name, byte[] value, PutOptions options) {
    try (SecretBytes secret = SecretBytes.takeOver(value.clone())) {
      return store.put(tenant, new SecretName(name), secret, "owner", options);
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
    public void writeNew(Path file, MemorySegment content) throws IOException {
      reached("write", file);
      real.writeNew(file, content);
      reached("syncfile", file);
    }

    @Override
    public void link(Path file, Path name) throws IOException {
      reached("link", name);
      real.link(file, name);
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
