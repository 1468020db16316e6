package dev.chitin.audit.log;

import dev.chitin.audit.LogFault;
import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.tree.Proofs;
import dev.chitin.audit.tree.StoredTree;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the hash files to the log's end at a start, and holds the log against its checkpoint.
 *
 * <p>After an orderly stop nothing is read but the edge of the tree; after a crash the entries
 * since the last segment began. The whole log is read only when the hash files are missing or are
 * not of this log.
 */
final class TreeRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(TreeRecovery.class);

  private final Storage storage;
  private final LogDirectory directory;
  private final TreeHead head;
  private final Optional<Checkpoint> stored;

  TreeRecovery(
      Storage storage, LogDirectory directory, TreeHead head, Optional<Checkpoint> stored) {
    this.storage = storage;
    this.directory = directory;
    this.head = head;
    this.stored = stored;
  }

  /**
   * Returns the hash files, complete.
   *
   * @throws LogDamage when the entries are not those of the log's root
   * @throws ChitinException {@code audit.rollback.detected} when the log is smaller than, or not
   *     consistent with, its checkpoint
   */
  HashFiles run() throws IOException, LogDamage {
    if (stored.isPresent() && stored.get().size() > head.size()) {
      throw rollback(
          "it has "
              + head.size()
              + " entries, and a checkpoint of "
              + stored.get().size()
              + " was signed");
    }
    HashFiles files = HashFiles.open(storage, directory, head.size());
    if (bringUp(files)) {
      return files;
    }
    refusePruned(files);
    LOG.warn("the hash files are not those of the entries; they are made anew");
    files.close();
    files = HashFiles.empty(storage, directory);
    if (bringUp(files)) {
      return files;
    }
    files.close();
    if (rootIsRight()) {
      throw rollback("it is not the log that its last checkpoint was signed for");
    }
    throw new LogDamage(
        new LogFault(0, "all", 0, "the entries are not those of the log's tree root"));
  }

  /** Hashes of entries that are gone cannot be made anew. */
  private void refusePruned(HashFiles files) throws IOException, LogDamage {
    long minimum = Minimum.read(directory.path()).index();
    if (minimum > 0) {
      files.close();
      throw new LogDamage(
          new LogFault(
              0,
              "hashes-0",
              0,
              "the hashes are not those of the log, and the entries below "
                  + minimum
                  + " from which to make them anew were pruned: restore the hash files"));
    }
  }

  private boolean bringUp(HashFiles files) throws IOException, LogDamage {
    try {
      new LeafSource(directory).catchUp(files, head.size());
    } catch (IOException | LogDamage e) {
      files.close();
      throw e;
    }
    return rootIsRight() && extendsCheckpoint();
  }

  private boolean rootIsRight() throws IOException {
    try (var reader = new HashFileReader(directory)) {
      return new StoredTree(reader).root(head.size()).equals(head.root());
    }
  }

  private boolean extendsCheckpoint() throws IOException {
    if (stored.isEmpty()) {
      return true;
    }
    long size = stored.get().size();
    Digest root = stored.get().root();
    try (var reader = new HashFileReader(directory)) {
      return Proofs.consistent(
          size,
          root,
          head.size(),
          head.root(),
          new StoredTree(reader).consistency(size, head.size()));
    }
  }

  private static ChitinException rollback(String what) {
    return Problem.of(ProblemCode.AUDIT_ROLLBACK, "The audit log was put back: " + what + ".")
        .withRule("audit.checkpoint")
        .withHint(
            "Restore the newest copy of the audit directory, or give a new log another directory"
                + " and another audit.origin. Keep both copies: they are evidence.")
        .toException();
  }
}
