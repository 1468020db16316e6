package dev.chitin.vault;

import dev.chitin.bus.Digest;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.memory.SecretPool;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.Manifest.Secret;
import dev.chitin.vault.store.Manifest.Version;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Puts a new key above the data keys: a new term for all that is new, then the old data keys
 * wrapped anew in steps, each a commit of its own, and at last the old term dropped, once nothing
 * refers to it. Where it stands is in keyring and manifest, so that it goes on after a crash.
 * Values are not touched.
 */
final class KekRotation {
  /** Secrets of one step. */
  static final int STEP = 256;

  private final VaultStore store;

  KekRotation(VaultStore store) {
    this.store = store;
  }

  /** Begins a term; answers its number. */
  int begin() {
    store.writer.lock();
    try {
      store.checkWritable();
      if (store.ring().terms().size() >= Keyring.MAX_TERMS) {
        throw VaultFaults.unavailable("Earlier rotations have not ended yet.", "vault.terms", null);
      }
      replaceRing(store.ring().withNewTerm(store.setup().clock().getAsLong()));
      return store.ring().currentTerm();
    } finally {
      store.writer.unlock();
    }
  }

  /** Whether a rotation has not ended. */
  boolean isOpen() {
    return store.ring().terms().size() > 1;
  }

  /** How many versions of {@code manifest} an older term wraps. */
  static int behind(Manifest manifest, int term) {
    return (int)
        manifest.secrets().values().stream()
            .flatMap(secret -> secret.versions().stream())
            .filter(version -> isBehind(version, term))
            .count();
  }

  private static boolean isBehind(Version version, int term) {
    return !version.isDestroyed() && version.term() != term;
  }

  /**
   * Wraps the data keys of the next secrets anew.
   *
   * @return whether there are more
   */
  boolean step() {
    store.writer.lock();
    try {
      store.checkWritable();
      Manifest manifest = store.state().manifest();
      int term = store.ring().currentTerm();
      Map<String, Secret> next = new TreeMap<>(manifest.secrets());
      int done = 0;
      boolean more = false;
      for (Secret secret : manifest.secrets().values()) {
        if (secret.versions().stream().anyMatch(version -> isBehind(version, term))) {
          if (done == STEP) {
            more = true;
            break;
          }
          next.put(secret.place(), rewrapped(secret, term));
          done++;
        }
      }
      if (done > 0) {
        store.commit(manifest.next(next), Map.of(), Map.of(), store.root(), store.state().header());
      }
      return more;
    } finally {
      store.writer.unlock();
    }
  }

  private Secret rewrapped(Secret secret, int term) {
    List<Version> versions = new ArrayList<>();
    for (Version version : secret.versions()) {
      versions.add(isBehind(version, term) ? rewrapped(secret, version, term) : version);
    }
    return secret.withVersions(versions);
  }

  private Version rewrapped(Secret secret, Version version, int term) {
    MemorySegment old =
        store
            .ring()
            .key(version.term())
            .orElseThrow(
                () -> VaultFaults.corrupt("A key of the ring is missing.", "vault.keyring", null));
    try (SecretPool.Page page = store.pool().take()) {
      MemorySegment dataKey = page.segment().asSlice(0, 32);
      if (!store
          .box()
          .open(
              old,
              Box.Kind.DATA_KEY,
              store.place(secret, version, version.term()),
              version.dataKey(),
              dataKey)) {
        throw VaultFaults.corrupt("A record of the vault is damaged.", "vault.record", null);
      }
      return version.rewrapped(
          term,
          store
              .box()
              .seal(
                  store.ring().currentKey(),
                  Box.Kind.DATA_KEY,
                  store.place(secret, version, term),
                  dataKey));
    }
  }

  /**
   * Drops the old terms, if nothing refers to them any more.
   *
   * @return whether the rotation has ended
   */
  boolean end() {
    store.writer.lock();
    try {
      store.checkWritable();
      if (!isOpen()) {
        return true;
      }
      if (behind(store.state().manifest(), store.ring().currentTerm()) > 0) {
        return false;
      }
      replaceRing(store.ring().onlyCurrent());
      return true;
    } finally {
      store.writer.unlock();
    }
  }

  private void replaceRing(Keyring next) {
    try {
      Manifest manifest = store.state().manifest();
      long generation = manifest.keyringGeneration() + 1;
      byte[] file =
          next.seal(
              store.box(), store.root().segment(), store.state().header().vaultId(), generation);
      store.commit(
          manifest.next(manifest.secrets()).withKeyring(generation, Digest.of(file)),
          Map.of(),
          Map.of(store.layout().keyring(generation), file),
          store.root(),
          store.state().header());
    } catch (RuntimeException e) {
      next.close();
      throw e;
    }
    store.replaceKeys(store.root(), next);
  }
}
