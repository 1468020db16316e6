package dev.chitin.vault;

import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.SlotRequest;

/**
 * Opens the vault of a gateway. The first start makes it, and its key file where there is none: the
 * key is whole and durable before the vault is there, so that there is never a vault without it. A
 * start that was cut short is made anew by the next.
 */
public final class VaultStart {
  private VaultStart() {}

  /**
   * Opens the vault, made if there is none and the audit log knows none.
   *
   * @param keyFile opens the vault that is made
   * @param credentials what an existing one may be opened with; stays open
   * @throws dev.chitin.bus.ChitinException as {@link VaultStore#open} and {@link VaultStore#create}
   *     say
   */
  public static VaultStore open(VaultSetup setup, KeyFile keyFile, Credentials credentials) {
    if (!VaultStore.exists(setup.directory())) {
      new RollbackCheck(setup.journal(), setup.acceptRollback()).absent();
      KeyFile key = keyFile.on(setup.disk());
      if (!key.isThere()) {
        key.create();
      }
      VaultStore.create(setup, SlotRequest.keyFile(setup.binding()), Credentials.keyFile(key));
    }
    return VaultStore.open(setup, credentials);
  }
}
