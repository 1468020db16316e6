package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.VaultJournal.Action;
import dev.chitin.vault.VaultJournal.Mark;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.memory.SecretPool;
import dev.chitin.vault.store.Disk;
import dev.chitin.vault.store.Header;
import dev.chitin.vault.store.Layout;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.Slot;
import dev.chitin.vault.store.WriterLock;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.SlotRequest;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes and opens vaults: all of it or nothing. */
final class VaultOpener {
  private static final int POOL_PAGES = 32;

  private final VaultSetup setup;
  private final Layout layout;
  private final RollbackCheck rollback;

  VaultOpener(VaultSetup setup) {
    this.setup = setup;
    this.layout = new Layout(setup.directory());
    this.rollback = new RollbackCheck(setup.journal(), setup.acceptRollback());
  }

  /** Makes an empty vault with one slot. */
  void create(SlotRequest request, Credentials credentials) {
    if (VaultStore.exists(setup.directory())) {
      throw VaultFaults.unavailable("There is a vault already.", "vault.create", null);
    }
    rollback.absent();
    try (SecretPool pool = new SecretPool(1);
        SecretBytes root = SecretBytes.allocate(CryptoEngine.KEY_BYTES);
        Keyring ring = Keyring.fresh(setup.clock().getAsLong())) {
      SecretMemory.random(root.segment());
      byte[] vaultId = new byte[16];
      new SecureRandom().nextBytes(vaultId);
      var box = new Box(setup.engine(), pool);
      var slots = new SlotKeys(setup.engine(), pool, setup.device(), setup.kdf());
      Slot slot = slots.make(vaultId, request, credentials, root.segment());
      byte[] header = new Header(vaultId, List.of(slot)).bytes();
      byte[] keyring = ring.seal(box, root.segment(), vaultId, 1);
      var empty = new Manifest(1, 1, Digest.of(header), 1, Digest.of(keyring), Map.of());
      byte[] manifest = VaultFiles.seal(box, root.segment(), vaultId, empty);
      place(header, keyring, manifest, new Header(vaultId, List.of(slot)).vaultIdText());
    } catch (IOException e) {
      throw VaultFaults.unavailable("The vault's directory cannot be made.", "vault.create", e);
    }
  }

  private void place(byte[] header, byte[] keyring, byte[] manifest, String vault)
      throws IOException {
    Disk disk = setup.disk();
    Layout building = layout.building();
    new VaultFiles(building, disk).removeBegun();
    disk.createDirectory(building.directory());
    disk.createDirectory(building.values());
    disk.writeNew(building.directory().resolve(WriterLock.NAME), new byte[0]);
    disk.writeNew(building.header(1), header);
    disk.writeNew(building.keyring(1), keyring);
    disk.writeNew(building.manifest(), manifest);
    disk.syncDirectory(building.directory());
    setup.journal().append(Mark.of(Action.INTENT, vault, 1, Digest.of(manifest), null));
    disk.rename(building.directory(), layout.directory());
    disk.syncDirectory(layout.directory().toAbsolutePath().resolve("..").normalize());
    setup.journal().append(Mark.of(Action.COMMITTED, vault, 1, Digest.of(manifest), null));
  }

  /** Opens the vault and takes its lock. */
  VaultStore open(Credentials credentials) {
    if (!VaultStore.exists(setup.directory())) {
      rollback.absent();
    }
    WriterLock lock = WriterLock.acquire(setup.directory());
    var pool = new SecretPool(POOL_PAGES);
    SecretBytes root = SecretBytes.allocate(CryptoEngine.KEY_BYTES);
    Keyring ring = null;
    try {
      VaultFiles.Outside outside = new VaultFiles(layout, setup.disk()).outside();
      Header header = Header.parse(outside.header());
      var slots = new SlotKeys(setup.engine(), pool, setup.device(), setup.kdf());
      unlock(header, slots, credentials, root, outside.manifest().epoch());
      var box = new Box(setup.engine(), pool);
      Manifest manifest = VaultFiles.manifest(box, root.segment(), header.vaultId(), outside);
      ring =
          Keyring.open(
                  box,
                  root.segment(),
                  header.vaultId(),
                  manifest.keyringGeneration(),
                  outside.keyring())
              .orElseThrow(
                  () ->
                      VaultFaults.corrupt(
                          "The vault's keyring is damaged.", "vault.keyring", null));
      rollback.present(header.vaultIdText(), manifest.epoch(), outside.digest());
      var state = new VaultState(manifest, outside.digest(), header);
      return new VaultStore(setup, layout, lock, pool, slots, root, ring, state);
    } catch (RuntimeException e) {
      release(ring, root, pool, lock);
      throw e;
    }
  }

  private static void release(
      @Nullable Keyring ring, SecretBytes root, SecretPool pool, WriterLock lock) {
    if (ring != null) {
      ring.close();
    }
    root.close();
    pool.close();
    lock.close();
  }

  private void unlock(
      Header header, SlotKeys slots, Credentials credentials, SecretBytes root, long epoch) {
    setup.attempts().check();
    // What costs nothing is tried first, so that nobody is asked for a passphrase without need.
    List<Slot> inOrder =
        header.slots().stream()
            .sorted(Comparator.comparing((Slot slot) -> slot.method().needsPassphrase()))
            .toList();
    List<Slot> tried = new ArrayList<>();
    ChitinException binding = null;
    for (Slot slot : inOrder) {
      if (!credentials.reach(slot.method())) {
        continue;
      }
      try {
        if (slots.open(header.vaultId(), slot, credentials, root.segment())) {
          setup.attempts().succeeded();
          return;
        }
        tried.add(slot);
      } catch (ChitinException e) {
        if (e.code() != ProblemCode.VAULT_BINDING_UNAVAILABLE) {
          throw e;
        }
        binding = e;
      }
    }
    if (!tried.isEmpty()) {
      throw failed(header, tried, epoch);
    }
    throw binding == null ? nothingGiven(header) : binding;
  }

  private static ChitinException nothingGiven(Header header) {
    return Problem.of(
            ProblemCode.VAULT_UNLOCK_FAILED,
            "The vault opens by " + methods(header) + ", and none of it was given.")
        .withRule("unlock.no_credential")
        .withHint(
            "Put the key file where vault.key_file names it, or type the passphrase on a terminal"
                + " or give it by --passphrase-fd.")
        .toException();
  }

  /** Wrong credential, other device and damaged slot look alike: none of them opens the box. */
  private ChitinException failed(Header header, List<Slot> tried, long epoch) {
    setup.attempts().failed();
    setup
        .journal()
        .append(
            new Mark(
                Action.UNLOCK_FAILED,
                header.vaultIdText(),
                epoch,
                null,
                null,
                "tried: "
                    + tried.stream()
                        .map(s -> s.method().text())
                        .collect(Collectors.joining(", "))));
    return Problem.of(
            ProblemCode.VAULT_UNLOCK_FAILED,
            "The vault does not open with what was given. It opens by " + methods(header) + ".")
        .withRule("vault.unlock")
        .withHint(
            "One of: a wrong passphrase or code; another vault's key file; another machine, user id"
                + " or login name than the slot is bound to; a damaged header. On a new machine open"
                + " it with the recovery code and run chitin vault rebind.")
        .toException();
  }

  private static String methods(Header header) {
    return header.slots().stream()
        .map(slot -> slot.method().text())
        .distinct()
        .collect(Collectors.joining(" or "));
  }
}
