package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.vault.unlock.Credentials;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A process of its own that opens a vault and, when asked to, changes it until it is killed; it
 * says what it begins and when that is done, each line with a dot at its end.
 */
final class VaultChild {
  private VaultChild() {}

  /** A value that shows when half of it is another's. */
  static byte[] value(long number) {
    ByteBuffer value = ByteBuffer.allocate(8_000);
    while (value.hasRemaining()) {
      value.putLong(number);
    }
    return value.array();
  }

  /** Starts one on {@code vault}, whose log is a {@link FileJournal} beside it. */
  static Process start(String mode, VaultFixture vault) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path") + File.pathSeparator,
            VaultChild.class.getName(),
            mode,
            vault.directory.toString(),
            vault.directory.resolveSibling("../keys/vault.key").normalize().toString(),
            vault.home.toString())
        .redirectErrorStream(true)
        .start();
  }

  public static void main(String[] args) {
    var keyFile = new KeyFile(Path.of(args[2]), Path.of(args[3]));
    Path directory = Path.of(args[1]);
    Path marks = directory.resolveSibling("marks");
    var setup =
        VaultSetup.of(directory, new FileJournal(marks), directory.resolveSibling("vault.attempts"))
            .withDevice(VaultFixture.DEVICE);
    try (VaultStore store = VaultStore.open(setup, Credentials.keyFile(keyFile))) {
      say("opened");
      if (args[0].equals("loop")) {
        change(store, new SplittableRandom());
      }
    } catch (ChitinException e) {
      say(e.code().toString());
    }
  }

  private static void say(String line) {
    System.out.println(line + " .");
    System.out.flush();
  }

  private static void change(VaultStore store, SplittableRandom random) {
    while (true) {
      String name = "s" + random.nextInt(4);
      var secret = new SecretName(name);
      Optional<SecretMetadata> there = store.find("t", secret);
      int choice = random.nextInt(6);
      if (there.isPresent() && choice == 0) {
        say("delete " + name);
        store.delete("t", secret);
      } else if (there.isPresent() && (choice == 1 || there.get().versions().size() > 12)) {
        say("prune " + name);
        store.change(new ChangeRequest(ChangeRequest.Kind.PRUNE, secret, "t", "tester"));
      } else {
        long number = random.nextLong();
        say("put " + name + " " + number);
        PutOptions options =
            there.isPresent() && choice > 3
                ? PutOptions.rotate(Duration.ofHours(1))
                : PutOptions.PUT;
        VaultFixture.put(store, "t", name, value(number), options);
      }
      say("done");
    }
  }
}
