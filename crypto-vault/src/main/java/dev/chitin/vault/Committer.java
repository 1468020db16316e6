package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.vault.VaultJournal.Action;
import dev.chitin.vault.VaultJournal.Mark;
import dev.chitin.vault.store.Disk;
import dev.chitin.vault.store.Layout;
import dev.chitin.vault.store.ValueFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one commit durable: new files, each synced; the announcement in the log; the manifest,
 * replaced in one rename; the confirmation in the log. A crash anywhere leaves the state before or
 * after it, and the log tells which of the two it may be. Used under the store's writer lock.
 */
final class Committer {
  private static final Logger LOG = LoggerFactory.getLogger(Committer.class);

  private final Layout layout;
  private final Disk disk;
  private final ValueFiles values;
  private final VaultJournal journal;
  private final String vault;
  private boolean certain = true;

  Committer(Layout layout, Disk disk, ValueFiles values, VaultJournal journal, String vault) {
    this.layout = layout;
    this.disk = disk;
    this.values = values;
    this.journal = journal;
    this.vault = vault;
  }

  /**
   * What a commit writes.
   *
   * @param epoch its number
   * @param manifest the file
   * @param previous digest of the file that it replaces
   * @param newFiles header and keyring, by path
   * @param newValues by name below {@code records/}
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Change(
      long epoch,
      byte[] manifest,
      Digest previous,
      Map<Path, byte[]> newFiles,
      Map<String, byte[]> newValues) {}

  /** Whether it is known what is on disk: false after a sync or a rename that failed. */
  boolean isCertain() {
    return certain;
  }

  /**
   * Commits.
   *
   * @return digest of the manifest that stands now
   * @throws ChitinException {@code vault.unavailable}, or that of the log; the state before stands,
   *     unless {@link #isCertain} says that nobody knows
   */
  Digest commit(Change change) {
    Digest digest = Digest.of(change.manifest());
    prepare(change);
    try {
      journal.append(Mark.of(Action.INTENT, vault, change.epoch(), digest, change.previous()));
    } catch (RuntimeException e) {
      abandon(change);
      throw e;
    }
    replace();
    try {
      journal.append(Mark.of(Action.COMMITTED, vault, change.epoch(), digest, null));
    } catch (RuntimeException e) {
      // The announcement is durable and so is the commit: the next opening puts the two together.
      LOG.error("the log did not take the confirmation of a commit", e);
    }
    return digest;
  }

  private void prepare(Change change) {
    Map<Path, byte[]> files = new LinkedHashMap<>(change.newFiles());
    try {
      for (Map.Entry<String, byte[]> value : change.newValues().entrySet()) {
        values.write(value.getKey(), value.getValue());
      }
      for (Map.Entry<Path, byte[]> file : files.entrySet()) {
        disk.delete(file.getKey());
        disk.writeNew(file.getKey(), file.getValue());
      }
      disk.delete(layout.manifestNew());
      disk.writeNew(layout.manifestNew(), change.manifest());
      if (!files.isEmpty()) {
        disk.syncDirectory(layout.directory());
      }
    } catch (Disk.NotDurable e) {
      throw uncertain(e);
    } catch (IOException e) {
      // The old manifest still stands; what was written for the new one is an orphan.
      abandon(change);
      throw VaultFaults.unwritten(e);
    }
  }

  private void replace() {
    try {
      disk.rename(layout.manifestNew(), layout.manifest());
      disk.syncDirectory(layout.directory());
    } catch (IOException e) {
      throw uncertain(e);
    }
  }

  private void abandon(Change change) {
    change.newValues().forEach((name, content) -> values.abandon(name, Digest.of(content)));
    change.newFiles().keySet().forEach(this::remove);
    remove(layout.manifestNew());
  }

  /** Removes a file that no manifest names; one that stays is an orphan of the next opening. */
  void remove(Path file) {
    try {
      disk.delete(file);
    } catch (IOException e) {
      LOG.warn("a file that is no longer used stays on disk until the vault opens again", e);
    }
  }

  /** Nobody knows which state is on disk: only a fresh start from disk can tell. */
  private ChitinException uncertain(IOException e) {
    certain = false;
    return VaultFaults.unavailable(
        "A write of the vault may not have reached the disk.", "vault.sync", e);
  }
}
