package dev.chitin.vault.store;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * One way to open a vault: the root key, sealed under a key that this method's credential gives.
 *
 * @param id 16 random bytes
 * @param method how it opens
 * @param parameters as stored, part of what the unlock key is derived from
 * @param createdMillis POSIX milliseconds
 * @param salt 32 random bytes
 * @param sealed the sealed root key: a box, for a recipient {@code enc ‖ ct} of HPKE
 */
@SuppressWarnings("ArrayRecordComponent") // written, read and never compared
public record Slot(
    byte[] id, Method method, String parameters, long createdMillis, byte[] salt, byte[] sealed) {

  /** The methods, by the names that stand in the header. */
  public enum Method {
    KEY_FILE("key-file"),
    PASSPHRASE("passphrase"),
    PASSPHRASE_AND_KEY_FILE("passphrase+key-file"),
    RECOVERY("recovery"),
    RECIPIENT("recipient");

    private final String text;

    Method(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }

    public boolean needsPassphrase() {
      return this == PASSPHRASE || this == PASSPHRASE_AND_KEY_FILE;
    }

    public boolean needsKeyFile() {
      return this == KEY_FILE || this == PASSPHRASE_AND_KEY_FILE;
    }

    static Optional<Method> of(String text) {
      return Arrays.stream(values()).filter(method -> method.text.equals(text)).findFirst();
    }
  }

  /** The id as people see it: 32 hex digits. */
  public String idText() {
    return HexFormat.of().formatHex(id);
  }

  /** This slot with its sealed root key. */
  public Slot withSealed(byte[] sealedRoot) {
    return new Slot(id, method, parameters, createdMillis, salt, sealedRoot);
  }

  /** The value of {@code name} in the parameters, {@code name=value;…}. */
  public Optional<String> parameter(String name) {
    return List.of(parameters.split(";")).stream()
        .filter(part -> part.startsWith(name + "="))
        .map(part -> part.substring(name.length() + 1))
        .findFirst();
  }

  /** The components of the device that are mixed in. */
  public List<String> binding() {
    return parameter("bind")
        .filter(text -> !text.isEmpty())
        .map(text -> List.of(text.split(",")))
        .orElse(List.of());
  }
}
