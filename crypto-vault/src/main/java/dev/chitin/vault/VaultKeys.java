package dev.chitin.vault;

import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.store.Manifest.Secret;
import dev.chitin.vault.store.Manifest.Version;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;

/**
 * The root key and the ring of an open vault. They are used under a lock that many share, so that
 * replacing or wiping them waits for whoever uses them; it is never held while the disk is waited
 * for. Safe for use from any thread.
 */
final class VaultKeys implements AutoCloseable {
  private final ReentrantReadWriteLock alive = new ReentrantReadWriteLock();
  private final CryptoEngine engine;
  private volatile SecretBytes root;
  private volatile Keyring ring;
  private volatile boolean closed;

  VaultKeys(CryptoEngine engine, SecretBytes root, Keyring ring) {
    this.engine = engine;
    this.root = root;
    this.ring = ring;
  }

  /**
   * Uses the ring, which stays as it is meanwhile.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unavailable} when the vault is closed
   */
  <R> R use(Function<Keyring, R> function) {
    alive.readLock().lock();
    try {
      checkOpen();
      return function.apply(ring);
    } finally {
      alive.readLock().unlock();
    }
  }

  /** Name below {@code records/} of a version's value. */
  String fileName(Secret secret, Version version) {
    return use(ring -> ring.fileName(engine, secret.tenant(), secret.name(), version.version()));
  }

  /** The root key; for whoever holds the writer's lock, without which nobody replaces it. */
  SecretBytes root() {
    return root;
  }

  /** The ring; likewise. */
  Keyring ring() {
    return ring;
  }

  /** Puts other keys in the place of those in use, and wipes the old ones. */
  void replace(SecretBytes nextRoot, Keyring nextRing) {
    alive.writeLock().lock();
    try {
      SecretBytes oldRoot = root;
      Keyring oldRing = ring;
      root = nextRoot;
      ring = nextRing;
      if (oldRoot != nextRoot) {
        oldRoot.close();
      }
      if (oldRing != nextRing) {
        oldRing.close();
      }
    } finally {
      alive.writeLock().unlock();
    }
  }

  void checkOpen() {
    if (closed) {
      throw VaultFaults.unavailable("The vault is closed.", "vault.closed", null);
    }
  }

  /** Wipes them, once nobody uses them any more. A second call does nothing. */
  @Override
  public void close() {
    alive.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        ring.close();
        root.close();
      }
    } finally {
      alive.writeLock().unlock();
    }
  }
}
