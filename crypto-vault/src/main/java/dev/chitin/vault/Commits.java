package dev.chitin.vault;

import dev.chitin.bus.Digest;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.store.Header;
import dev.chitin.vault.store.Layout;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.Manifest.Secret;
import dev.chitin.vault.store.Manifest.Version;
import dev.chitin.vault.store.ValueFiles;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The state of an open vault and its changes, one at a time: what is to be is made from what is,
 * committed ({@link Committer}), and only then seen.
 */
final class Commits {
  /** Held by whoever changes the state or the keys. */
  final ReentrantLock writer = new ReentrantLock();

  private final Layout layout;
  private final Box box;
  private final VaultKeys keys;
  private final ValueFiles files;
  private final Committer committer;
  private final LastUses lastUses;
  private volatile VaultState state;

  Commits(
      Layout layout,
      Box box,
      VaultKeys keys,
      ValueFiles files,
      Committer committer,
      LastUses lastUses,
      VaultState state) {
    this.layout = layout;
    this.box = box;
    this.keys = keys;
    this.files = files;
    this.committer = committer;
    this.lastUses = lastUses;
    this.state = state;
  }

  VaultState state() {
    return state;
  }

  /** Whether it is known what is on disk. */
  boolean isCertain() {
    return committer.isCertain();
  }

  void checkWritable() {
    keys.checkOpen();
    if (!committer.isCertain()) {
      throw VaultFaults.unavailable(
          "The vault takes no changes after a write that failed.", "vault.read_only", null);
    }
  }

  /**
   * A state that is to be.
   *
   * @param newValues by name below {@code records/}
   * @param answer what to answer once it is
   */
  record Pending<T>(Manifest manifest, Map<String, byte[]> newValues, T answer) {}

  /** Commits what {@code step} makes of the state; answers what it says. */
  <T> T change(Function<VaultState, Pending<T>> step) {
    writer.lock();
    try {
      checkWritable();
      Pending<T> pending = step.apply(state);
      commit(pending.manifest(), pending.newValues(), Map.of(), keys.root(), state.header());
      return pending.answer();
    } finally {
      writer.unlock();
    }
  }

  /** Makes {@code next} the state; under {@link #writer}. */
  void commit(
      Manifest next,
      Map<String, byte[]> newValues,
      Map<Path, byte[]> newFiles,
      SecretBytes nextRoot,
      Header nextHeader) {
    VaultState before = state;
    Manifest full = lastUses.in(next);
    byte[] file = VaultFiles.seal(box, nextRoot.segment(), before.header().vaultId(), full);
    Digest digest =
        committer.commit(
            new Committer.Change(full.epoch(), file, before.digest(), newFiles, newValues));
    newValues.forEach((name, content) -> files.remember(name, Digest.of(content), content));
    state = new VaultState(full, digest, nextHeader);
    removeReplaced(before.manifest(), full);
  }

  private void removeReplaced(Manifest before, Manifest after) {
    for (Secret old : before.secrets().values()) {
      Secret kept = after.secrets().get(old.place());
      if (!old.equals(kept)) {
        Set<Digest> keep = kept == null ? Set.of() : files(kept);
        old.versions().stream()
            .filter(version -> !version.isDestroyed() && !keep.contains(version.file()))
            .forEach(version -> files.abandon(keys.fileName(old, version), version.file()));
      }
    }
    if (before.headerGeneration() != after.headerGeneration()) {
      committer.remove(layout.header(before.headerGeneration()));
    }
    if (before.keyringGeneration() != after.keyringGeneration()) {
      committer.remove(layout.keyring(before.keyringGeneration()));
    }
  }

  private static Set<Digest> files(Secret secret) {
    return secret.versions().stream()
        .filter(version -> !version.isDestroyed())
        .map(Version::file)
        .collect(Collectors.toSet());
  }
}
