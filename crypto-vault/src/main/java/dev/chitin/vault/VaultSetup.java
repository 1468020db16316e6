package dev.chitin.vault;

import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.store.Disk;
import dev.chitin.vault.store.PosixDisk;
import dev.chitin.vault.unlock.Argon2Process;
import dev.chitin.vault.unlock.Device;
import dev.chitin.vault.unlock.PassphraseKdf;
import dev.chitin.vault.unlock.UnlockAttempts;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What a vault stands on.
 *
 * @param directory where its files lie; its parent must exist
 * @param journal the audit log, by what the vault needs of it
 * @param attempts the bound on failed attempts to unlock
 * @param device what slots are bound to
 * @param binding which components of it a new slot is bound to, or nothing for all that there are
 * @param disk the file system
 * @param engine the ciphers
 * @param kdf what makes a key of a passphrase
 * @param clock POSIX milliseconds
 * @param acceptRollback whether the operator takes the state on disk for the true one
 */
public record VaultSetup(
    Path directory,
    VaultJournal journal,
    UnlockAttempts attempts,
    Device device,
    Optional<List<String>> binding,
    Disk disk,
    CryptoEngine engine,
    PassphraseKdf kdf,
    LongSupplier clock,
    boolean acceptRollback) {

  /**
   * The vault of this machine in {@code directory}.
   *
   * @param attempts file in which failed attempts are kept, outside of {@code directory}
   */
  public static VaultSetup of(Path directory, VaultJournal journal, Path attempts) {
    return new VaultSetup(
        directory,
        journal,
        new UnlockAttempts(attempts, System::currentTimeMillis),
        Device.here(),
        Optional.empty(),
        new PosixDisk(),
        CryptoEngine.best(),
        new Argon2Process(),
        System::currentTimeMillis,
        false);
  }

  public VaultSetup withBinding(Optional<List<String>> names) {
    return new VaultSetup(
        directory, journal, attempts, device, names, disk, engine, kdf, clock, acceptRollback);
  }

  public VaultSetup withAcceptedRollback(boolean accept) {
    return new VaultSetup(
        directory, journal, attempts, device, binding, disk, engine, kdf, clock, accept);
  }

  VaultSetup withDisk(Disk other) {
    return new VaultSetup(
        directory, journal, attempts, device, binding, other, engine, kdf, clock, acceptRollback);
  }

  VaultSetup withDevice(Device other) {
    return new VaultSetup(
        directory, journal, attempts, other, binding, disk, engine, kdf, clock, acceptRollback);
  }

  VaultSetup withKdf(PassphraseKdf other) {
    return new VaultSetup(
        directory, journal, attempts, device, binding, disk, engine, other, clock, acceptRollback);
  }

  VaultSetup withClock(LongSupplier millis) {
    return new VaultSetup(
        directory, journal, attempts, device, binding, disk, engine, kdf, millis, acceptRollback);
  }
}
