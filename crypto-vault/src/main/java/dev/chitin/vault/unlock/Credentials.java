package dev.chitin.vault.unlock;

import dev.chitin.vault.KeyFile;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.store.Slot;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the operator can show to open a vault. A passphrase, a recovery code or a node's key is
 * asked for once, and only when a slot needs it and nothing else has opened the vault. Not safe for
 * use by several threads.
 */
public final class Credentials implements AutoCloseable {
  private final Optional<KeyFile> keyFile;
  private final Supplier<Optional<SecretBytes>> askPassphrase;
  private final @Nullable SecretBytes recovery;
  private final @Nullable Supplier<SecretBytes> askRecipient;
  private boolean asked;
  private @Nullable SecretBytes passphrase;
  private @Nullable SecretBytes recipient;

  private Credentials(
      Optional<KeyFile> keyFile,
      Supplier<Optional<SecretBytes>> askPassphrase,
      @Nullable SecretBytes recovery,
      @Nullable Supplier<SecretBytes> askRecipient) {
    this.keyFile = keyFile;
    this.askPassphrase = askPassphrase;
    this.recovery = recovery;
    this.askRecipient = askRecipient;
  }

  public static Credentials keyFile(KeyFile file) {
    return new Credentials(Optional.of(file), Optional::empty, null, null);
  }

  /** No credential at all. */
  public static Credentials none() {
    return new Credentials(Optional.empty(), Optional::empty, null, null);
  }

  /** With a passphrase that {@code ask} gives, or nothing when it cannot be asked for. */
  public Credentials withPassphrase(Supplier<Optional<SecretBytes>> ask) {
    return new Credentials(keyFile, ask, recovery, askRecipient).knowing(null, recipient);
  }

  /** With a passphrase, which is closed with this, whether or not a slot needed it. */
  public Credentials withPassphrase(SecretBytes given) {
    return new Credentials(keyFile, () -> Optional.of(given), recovery, askRecipient)
        .knowing(given, recipient);
  }

  /** What need not be asked for, and is to be closed. */
  private Credentials knowing(@Nullable SecretBytes typed, @Nullable SecretBytes key) {
    asked = typed != null;
    passphrase = typed;
    recipient = key;
    return this;
  }

  /** With the key of a recovery code, which is closed with this. */
  public Credentials withRecovery(SecretBytes key) {
    return new Credentials(keyFile, askPassphrase, key, askRecipient)
        .knowing(passphrase, recipient);
  }

  /** With the private key of a recipient, which is closed with this. */
  public Credentials withRecipient(SecretBytes key) {
    return new Credentials(keyFile, askPassphrase, recovery, () -> key).knowing(passphrase, key);
  }

  /** With the private key of a recipient that {@code read} gives when a slot needs it. */
  public Credentials withRecipient(Supplier<SecretBytes> read) {
    return new Credentials(keyFile, askPassphrase, recovery, read).knowing(passphrase, null);
  }

  public Optional<KeyFile> keyFile() {
    return keyFile;
  }

  public Optional<SecretBytes> recovery() {
    return Optional.ofNullable(recovery);
  }

  /** The private key of a recipient, read at the first call. */
  public Optional<SecretBytes> recipient() {
    if (recipient == null && askRecipient != null) {
      recipient = askRecipient.get();
    }
    return Optional.ofNullable(recipient);
  }

  /** The passphrase, asked for at the first call. */
  public Optional<SecretBytes> passphrase() {
    if (!asked) {
      asked = true;
      passphrase = askPassphrase.get().orElse(null);
    }
    return Optional.ofNullable(passphrase);
  }

  /** Whether a slot of this method can be tried; may ask for the passphrase. */
  public boolean reach(Slot.Method method) {
    return switch (method) {
      case KEY_FILE -> keyFile.isPresent() && keyFile.get().isThere();
      case RECOVERY -> recovery != null;
      case RECIPIENT -> askRecipient != null;
      case PASSPHRASE -> passphrase().isPresent();
      case PASSPHRASE_AND_KEY_FILE ->
          keyFile.isPresent() && keyFile.get().isThere() && passphrase().isPresent();
    };
  }

  @Override
  public void close() {
    if (passphrase != null) {
      passphrase.close();
    }
    if (recovery != null) {
      recovery.close();
    }
    if (recipient != null) {
      recipient.close();
    }
  }
}
