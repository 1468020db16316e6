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
import java.util.function.Predicate;

/**
 * Puts a new key above the data keys: a new term for all that is new, then the old data keys
 * wrapped anew in steps, each a commit of its own, and at last the old terms dropped, once nothing
 * refers to them. Where it stands is in keyring and manifest, so that it goes on after a crash.
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
    store.commits().writer.lock();
    try {
      store.commits().checkWritable();
      if (store.keys().ring().terms().size() >= Keyring.MAX_TERMS) {
        throw VaultFaults.unavailable("Earlier rotations have not ended yet.", "vault.terms", null);
      }
      replaceRing(store.keys().ring().withNewTerm(store.setup().clock().getAsLong()));
      return store.keys().ring().currentTerm();
    } finally {
      store.commits().writer.unlock();
    }
  }

  /** Whether a rotation has not ended. */
  boolean isOpen() {
    return store.keys().ring().terms().size() > 1;
  }

  /** How many versions of {@code manifest} another term than {@code term} wraps. */
  static int behind(Manifest manifest, int term) {
    return behind(manifest, version -> version.term() != term);
  }

  private static int behind(Manifest manifest, Predicate<Version> old) {
    return (int)
        manifest.secrets().values().stream()
            .flatMap(secret -> secret.versions().stream())
            .filter(version -> !version.isDestroyed() && old.test(version))
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
    store.commits().writer.lock();
    try {
      store.commits().checkWritable();
      Manifest manifest = store.state().manifest();
      int term = store.keys().ring().currentTerm();
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
        store
            .commits()
            .commit(
                manifest.next(next),
                Map.of(),
                Map.of(),
                store.keys().root(),
                store.state().header());
      }
      return more;
    } finally {
      store.commits().writer.unlock();
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
            .keys()
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
              store.values().place(secret, version, version.term()),
              version.dataKey(),
              dataKey)) {
        throw VaultFaults.corrupt("A record of the vault is damaged.", "vault.record", null);
      }
      return version.rewrapped(
          term,
          store
              .box()
              .seal(
                  store.keys().ring().currentKey(),
                  Box.Kind.DATA_KEY,
                  store.values().place(secret, version, term),
                  dataKey));
    }
  }

  /** The term that wraps what is new. */
  int currentTerm() {
    return store.keys().use(Keyring::currentTerm);
  }

  /**
   * Drops the terms before {@code term}, if no data key refers to them any more. A later term
   * stays, also when it is no longer the newest: leases may still be held under it.
   *
   * @return whether they are gone
   */
  boolean dropBefore(int term) {
    store.commits().writer.lock();
    try {
      store.commits().checkWritable();
      if (store.keys().ring().terms().getFirst() >= term) {
        return true;
      }
      if (behind(store.state().manifest(), version -> version.term() < term) > 0) {
        return false;
      }
      replaceRing(store.keys().ring().since(term));
      return true;
    } finally {
      store.commits().writer.unlock();
    }
  }

  private void replaceRing(Keyring next) {
    try {
      Manifest manifest = store.state().manifest();
      long generation = manifest.keyringGeneration() + 1;
      byte[] file =
          next.seal(
              store.box(),
              store.keys().root().segment(),
              store.state().header().vaultId(),
              generation);
      store
          .commits()
          .commit(
              manifest.next(manifest.secrets()).withKeyring(generation, Digest.of(file)),
              Map.of(),
              Map.of(store.layout().keyring(generation), file),
              store.keys().root(),
              store.state().header());
    } catch (RuntimeException e) {
      next.close();
      throw e;
    }
    store.keys().replace(store.keys().root(), next);
  }
}
