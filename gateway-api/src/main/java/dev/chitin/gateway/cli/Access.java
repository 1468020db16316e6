package dev.chitin.gateway.cli;

import dev.chitin.gateway.VaultAccess;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.unlock.RecoveryCode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How this run of the command line gets into the vault; set by the options that every command has.
 */
final class Access {
  private int passphraseFd = -1;
  private boolean recovery;
  private boolean acceptRollback;
  private boolean keep;
  private @Nullable SecretBytes kept;

  void passphraseFd(int descriptor) {
    passphraseFd = descriptor;
  }

  void recovery(boolean wanted) {
    recovery = wanted;
  }

  void acceptRollback(boolean accept) {
    acceptRollback = accept;
  }

  boolean hasDescriptor() {
    return passphraseFd >= 0;
  }

  /** Keeps the passphrase until this process ends, for a command that needs it twice. */
  void keepPassphrase() {
    keep = true;
  }

  /** The passphrase of the vault: from the descriptor that was named, else asked for. */
  Optional<SecretBytes> passphrase() {
    if (kept != null) {
      return Optional.of(kept.copy());
    }
    Optional<SecretBytes> given =
        passphraseFd >= 0
            ? Optional.of(SecretReader.line(passphraseFd, "passphrase"))
            : SecretReader.ask("Passphrase of the vault: ");
    if (keep && given.isPresent()) {
      kept = given.get().copy();
    }
    return given;
  }

  private Optional<SecretBytes> recoveryKey() {
    if (!recovery) {
      return Optional.empty();
    }
    try (SecretBytes code =
        SecretReader.ask("Recovery code: ")
            .orElseGet(() -> SecretReader.line(0, "recovery code"))) {
      return Optional.of(RecoveryCode.read(code));
    }
  }

  VaultAccess toVaultAccess() {
    return new VaultAccess(this::passphrase, this::recoveryKey, acceptRollback);
  }
}
