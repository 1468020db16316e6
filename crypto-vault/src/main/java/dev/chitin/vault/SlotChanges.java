package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.store.Header;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.Slot;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.SlotRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Adds and removes the ways to open a vault, and puts a new root key under them. */
final class SlotChanges {
  private final VaultStore store;

  SlotChanges(VaultStore store) {
    this.store = store;
  }

  List<Slot> slots() {
    return store.state().header().slots();
  }

  /** Adds a slot. Derives when it is for a passphrase: takes a while. */
  Slot add(SlotRequest request, Credentials credentials) {
    store.commits().writer.lock();
    try {
      store.commits().checkWritable();
      Header header = store.state().header();
      if (header.slots().size() >= Header.MAX_SLOTS) {
        throw invalid("The vault has " + Header.MAX_SLOTS + " slots.", "Remove one.");
      }
      Slot slot =
          store
              .slotKeys()
              .make(header.vaultId(), request, credentials, store.keys().root().segment());
      List<Slot> slots = new ArrayList<>(header.slots());
      slots.add(slot);
      replaceHeader(new Header(header.vaultId(), slots));
      return slot;
    } finally {
      store.commits().writer.unlock();
    }
  }

  /** Removes a slot, unless it is the last. */
  Slot remove(String id) {
    store.commits().writer.lock();
    try {
      store.commits().checkWritable();
      Header header = store.state().header();
      Slot removed =
          header.slots().stream()
              .filter(slot -> slot.idText().equals(id))
              .findFirst()
              .orElseThrow(
                  () ->
                      Problem.of(ProblemCode.VAULT_SLOT_UNKNOWN, "There is no slot of that id.")
                          .withRule("slot.unknown")
                          .withHint("chitin vault slots lists them.")
                          .toException());
      List<Slot> left = header.slots().stream().filter(slot -> !slot.idText().equals(id)).toList();
      if (left.isEmpty()) {
        throw invalid("It is the only slot: nothing would open the vault.", "Add another first.");
      }
      replaceHeader(new Header(header.vaultId(), left));
      return removed;
    } finally {
      store.commits().writer.unlock();
    }
  }

  private void replaceHeader(Header next) {
    Manifest manifest = store.state().manifest();
    long generation = manifest.headerGeneration() + 1;
    byte[] file = next.bytes();
    store
        .commits()
        .commit(
            manifest.next(manifest.secrets()).withHeader(generation, Digest.of(file)),
            Map.of(),
            Map.of(store.layout().header(generation), file),
            store.keys().root(),
            next);
  }

  /**
   * What a new root key left behind.
   *
   * @param kept slots that open the vault still
   * @param dropped slots whose credential was not given, and that are gone
   */
  record Rotated(List<Slot> kept, List<Slot> dropped) {}

  /**
   * Puts a new root key in the place of the old one. A slot is made anew when its credential is
   * given and opens it now, or when it needs none, as a recipient's; the others are dropped.
   *
   * @throws ChitinException {@code vault.unlock_failed} when no slot but a recipient's would be
   *     left
   */
  Rotated rotateRoot(Credentials credentials) {
    store.commits().writer.lock();
    try {
      store.commits().checkWritable();
      SecretBytes root = SecretBytes.allocate(CryptoEngine.KEY_BYTES);
      try {
        SecretMemory.random(root.segment());
        Rotated rotated = remade(credentials, root);
        commit(rotated, root);
        return rotated;
      } catch (RuntimeException e) {
        root.close();
        throw e;
      }
    } finally {
      store.commits().writer.unlock();
    }
  }

  private Rotated remade(Credentials credentials, SecretBytes root) {
    Header header = store.state().header();
    List<Slot> kept = new ArrayList<>();
    List<Slot> dropped = new ArrayList<>();
    boolean opened = false;
    for (Slot slot : header.slots()) {
      boolean recipient = slot.method() == Slot.Method.RECIPIENT;
      if (recipient || opens(slot, credentials)) {
        kept.add(store.slotKeys().remake(header.vaultId(), slot, credentials, root.segment()));
        opened |= !recipient;
      } else {
        dropped.add(slot);
      }
    }
    if (!opened) {
      throw Problem.of(
              ProblemCode.VAULT_UNLOCK_FAILED, "None of the slots opens with what was given.")
          .withRule("vault.unlock")
          .withHint("Give the passphrase, or put the key file in its place.")
          .toException();
    }
    return new Rotated(kept, dropped);
  }

  private boolean opens(Slot slot, Credentials credentials) {
    if (!credentials.reach(slot.method())) {
      return false;
    }
    try (SecretBytes room = SecretBytes.allocate(CryptoEngine.KEY_BYTES)) {
      return store
          .slotKeys()
          .open(store.state().header().vaultId(), slot, credentials, room.segment());
    } catch (ChitinException e) {
      if (e.code() == ProblemCode.VAULT_BINDING_UNAVAILABLE
          || e.code() == ProblemCode.VAULT_UNLOCK_FAILED) {
        return false;
      }
      throw e;
    }
  }

  private void commit(Rotated rotated, SecretBytes root) {
    Manifest manifest = store.state().manifest();
    var header = new Header(store.state().header().vaultId(), rotated.kept());
    byte[] headerFile = header.bytes();
    long keyringGeneration = manifest.keyringGeneration() + 1;
    byte[] keyringFile =
        store.keys().ring().seal(store.box(), root.segment(), header.vaultId(), keyringGeneration);
    long headerGeneration = manifest.headerGeneration() + 1;
    store
        .commits()
        .commit(
            manifest
                .next(manifest.secrets())
                .withHeader(headerGeneration, Digest.of(headerFile))
                .withKeyring(keyringGeneration, Digest.of(keyringFile)),
            Map.of(),
            new TreeMap<>(
                Map.of(
                    store.layout().header(headerGeneration),
                    headerFile,
                    store.layout().keyring(keyringGeneration),
                    keyringFile)),
            root,
            header);
    store.keys().replace(root, store.keys().ring());
  }

  private static ChitinException invalid(String detail, String hint) {
    return Problem.of(ProblemCode.VAULT_SLOT_INVALID, detail)
        .withRule("slot.count")
        .withHint(hint)
        .toException();
  }
}
