package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.vault.unlock.Credentials;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A process of its own that opens a vault and, when asked to, puts until it is killed. */
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

  public static void main(String[] args) {
    var keyFile = new KeyFile(Path.of(args[2]), Path.of(args[3]));
    Path directory = Path.of(args[1]);
    Path marks = directory.resolveSibling("marks");
    var setup =
        VaultSetup.of(directory, new FileJournal(marks), directory.resolveSibling("vault.attempts"))
            .withDevice(VaultFixture.DEVICE);
    try (VaultStore store = VaultStore.open(setup, Credentials.keyFile(keyFile))) {
      if (args[0].equals("put")) {
        long number = ByteBuffer.wrap(VaultFixture.get(store, "t", "counter")).getLong();
        while (true) {
          VaultFixture.put(store, "t", "counter", value(++number));
          System.out.println(number);
          System.out.flush();
        }
      }
      System.out.println("opened");
    } catch (ChitinException e) {
      System.out.println(e.code());
    }
  }
}
