package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.memory.SecretPool;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.Manifest.Secret;
import dev.chitin.vault.store.Manifest.Version;
import dev.chitin.vault.store.ValueFiles;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The values: sealed when they are put, found and opened for leases. A value's box lies in a file
 * of its own, under a data key that the manifest holds wrapped. Safe for use from any thread.
 */
final class SealedValues {
  private static final int KEY = CryptoEngine.KEY_BYTES;

  private final VaultSetup setup;
  private final Box box;
  private final SecretPool pool;
  private final VaultKeys keys;
  private final ValueFiles files;
  private final LastUses lastUses;
  private final Supplier<VaultState> state;

  /**
   * @param state what is on disk now
   */
  SealedValues(
      VaultSetup setup,
      SecretPool pool,
      VaultKeys keys,
      ValueFiles files,
      LastUses lastUses,
      Supplier<VaultState> state) {
    this.setup = setup;
    this.box = new Box(setup.engine(), pool);
    this.pool = pool;
    this.keys = keys;
    this.files = files;
    this.lastUses = lastUses;
    this.state = state;
  }

  /** Name below {@code records/} and digest of each value's file that {@code manifest} names. */
  Map<String, Digest> named(Manifest manifest) {
    Map<String, Digest> named = new HashMap<>();
    for (Secret secret : manifest.secrets().values()) {
      for (Version version : secret.versions()) {
        if (!version.isDestroyed()) {
          named.put(keys.fileName(secret, version), version.file());
        }
      }
    }
    return named;
  }

  /**
   * A value that is sealed and not yet on disk.
   *
   * @param secret with its newest version completed
   * @param name of its file, below {@code records/}
   * @param file what goes into it
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Fresh(Secret secret, String name, byte[] file) {}

  /** Seals {@code value} as the newest version of {@code secret}; under the writer's lock. */
  Fresh seal(Secret secret, SecretBytes value) {
    Version bare = secret.newest();
    Box.Place place = place(secret, bare, bare.sealedTerm());
    try (SecretPool.Page page = pool.take()) {
      MemorySegment dataKey = page.segment().asSlice(0, KEY);
      SecretMemory.random(dataKey);
      byte[] file = ValueFiles.fileOf(box.seal(dataKey, Box.Kind.VALUE, place, value.segment()));
      byte[] wrapped = box.seal(keys.ring().currentKey(), Box.Kind.DATA_KEY, place, dataKey);
      Version newest = Versions.sealed(bare, Digest.of(file), wrapped);
      Secret next = secret.withVersions(Versions.replaceNewest(secret.versions(), newest));
      return new Fresh(next, keys.fileName(next, newest), file);
    }
  }

  /** What a box of that version is the box of. */
  Box.Place place(Secret secret, Version version, int term) {
    return new Box.Place(
        state.get().header().vaultId(),
        secret.place(),
        version.version(),
        term,
        version.bindingDigest());
  }

  /**
   * The current version of a secret, sealed; reads the disk when it is not remembered.
   *
   * @throws ChitinException {@code vault.lease_refused} when it is disabled or has expired
   */
  Optional<SealedSecret> find(String tenant, SecretName name) {
    while (true) {
      VaultState seen = state.get();
      try {
        return seen.manifest().find(tenant, name.value()).map(this::read);
      } catch (ChitinException e) {
        // The file may have been replaced since the manifest was looked at: then look again.
        if (e.code() != ProblemCode.VAULT_CORRUPT || state.get().digest().equals(seen.digest())) {
          throw e;
        }
      }
    }
  }

  private SealedSecret read(Secret secret) {
    Versions.checkUsable(secret, setup.clock().getAsLong());
    Version newest = secret.newest();
    return new SealedSecret(
        secret, newest, files.box(keys.fileName(secret, newest), newest.file()));
  }

  /** Whether {@link #find} needs no disk. */
  boolean isRemembered(String tenant, SecretName name) {
    return state
        .get()
        .manifest()
        .find(tenant, name.value())
        .map(
            secret ->
                secret.newest().isDestroyed()
                    || files.isRemembered(
                        keys.fileName(secret, secret.newest()), secret.newest().file()))
        .orElse(true);
  }

  /** Opens {@code sealed} for the time of {@code function} and wipes it after. */
  <R> R use(SealedSecret sealed, SecretFunction<R> function) {
    return keys.use(ring -> opened(ring, sealed, function));
  }

  private <R> R opened(Keyring ring, SealedSecret sealed, SecretFunction<R> function) {
    Secret secret = sealed.secret();
    Version version = wrapped(ring, sealed);
    MemorySegment key = ring.key(version.term()).orElseThrow(SealedValues::rotatedAway);
    int length = Box.contentLength(sealed.value().length);
    try (SecretPool.Page page = pool.take(KEY + length)) {
      MemorySegment dataKey = page.segment().asSlice(0, KEY);
      MemorySegment value = page.segment().asSlice(KEY, length);
      Box.Place wrap = place(secret, version, version.term());
      Box.Place seal = place(secret, version, version.sealedTerm());
      boolean authentic =
          box.open(key, Box.Kind.DATA_KEY, wrap, version.dataKey(), dataKey)
              && box.open(dataKey, Box.Kind.VALUE, seal, sealed.value(), value);
      dataKey.fill((byte) 0);
      if (!authentic) {
        throw VaultFaults.corrupt("A record of the vault is damaged.", "vault.record", null);
      }
      lastUses.note(secret, setup.clock().getAsLong());
      return function.apply(value.asReadOnly());
    }
  }

  /** The version was destroyed and the term that wrapped it dropped since it was found. */
  private static ChitinException rotatedAway() {
    return LeaseTable.refused("lease.rotated", "The version of the secret is gone.");
  }

  /** The version with a data key that a term of the ring wraps: it may have been wrapped anew. */
  private Version wrapped(Keyring ring, SealedSecret sealed) {
    Version entry = sealed.entry();
    if (ring.key(entry.term()).isPresent()) {
      return entry;
    }
    return state
        .get()
        .manifest()
        .find(sealed.secret().tenant(), sealed.secret().name())
        .flatMap(secret -> secret.version(entry.version()))
        .filter(version -> version.file().equals(entry.file()))
        .orElseThrow(SealedValues::rotatedAway);
  }
}
