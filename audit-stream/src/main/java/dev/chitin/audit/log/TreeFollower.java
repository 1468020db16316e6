package dev.chitin.audit.log;

import dev.chitin.audit.LogFault;
import dev.chitin.audit.tree.StoredTree;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the hash files behind the log and has its checkpoints signed, on a thread of its own: no
 * entry waits for either. What goes wrong here is tried again each second; the log goes on without
 * new checkpoints meanwhile, and says so.
 */
final class TreeFollower implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(TreeFollower.class);
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Storage storage;
  private final LogDirectory directory;
  private final LeafInbox inbox;
  private final Checkpoints checkpoints;
  private final LeafSource entries;
  private @Nullable HashFiles files;
  private long syncedSegment;
  private boolean corrupt;
  private volatile @Nullable String trouble;

  TreeFollower(
      Storage storage,
      LogDirectory directory,
      HashFiles files,
      LeafInbox inbox,
      Checkpoints checkpoints) {
    this.storage = storage;
    this.directory = directory;
    this.files = files;
    this.inbox = inbox;
    this.checkpoints = checkpoints;
    this.entries = new LeafSource(directory);
    this.syncedSegment = inbox.head().segment();
  }

  /** What keeps the tree or its checkpoints from following the log, or null. */
  @Nullable String trouble() {
    return trouble;
  }

  @Override
  public void run() {
    boolean last = false;
    while (!last) {
      LeafInbox.Turn turn = inbox.await(patience());
      last = turn.last();
      take(turn);
    }
    close();
  }

  private long patience() {
    long due = checkpoints.nanosUntilDue(inbox.head());
    return trouble == null ? Math.max(0, due) : RETRY_NANOS;
  }

  private void take(LeafInbox.Turn turn) {
    try {
      follow(turn);
      if (!corrupt) {
        sign(turn);
      }
      if (trouble != null && !corrupt) {
        LOG.info("the audit tree follows the log again");
        trouble = null;
      }
    } catch (IOException | LogDamage | RuntimeException e) {
      if (trouble == null) {
        LOG.error("the audit tree does not follow the log; trying again each second", e);
      }
      trouble = String.valueOf(e.getMessage());
      giveUp();
    }
  }

  private void follow(LeafInbox.Turn turn) throws IOException, LogDamage {
    HashFiles open = files;
    if (open == null) {
      open = HashFiles.open(storage, directory, turn.head().size());
      files = open;
    }
    if (turn.count() > 0 && turn.first() <= open.size()) {
      int from = (int) Math.min(turn.count(), open.size() - turn.first());
      open.append(turn.leaves(), from, turn.count());
    }
    entries.catchUp(open, turn.head().size());
    if (turn.head().segment() != syncedSegment) {
      open.sync();
      syncedSegment = turn.head().segment();
    }
  }

  private void sign(LeafInbox.Turn turn) throws IOException, LogDamage {
    boolean due = checkpoints.nanosUntilDue(turn.head()) <= 0;
    boolean farewell = turn.last() && checkpoints.nanosUntilDue(turn.head()) < Long.MAX_VALUE;
    if (!due && !farewell) {
      return;
    }
    try (var reader = new HashFileReader(directory)) {
      checkpoints.issue(turn.head(), new StoredTree(reader));
    } catch (LogDamage e) {
      rebuild(turn.head());
      try (var reader = new HashFileReader(directory)) {
        checkpoints.issue(turn.head(), new StoredTree(reader));
      } catch (LogDamage again) {
        corrupt = true; // Not even the entries give the tree: this process signs nothing more.
        throw again;
      }
    }
  }

  private void rebuild(TreeHead head) throws IOException, LogDamage {
    if (Minimum.read(directory.path()).index() > 0) {
      throw new LogDamage(
          new LogFault(0, "hashes-0", 0, "hashes of pruned entries are damaged: restore them"));
    }
    LOG.warn("the hash files are not those of the entries; they are made anew");
    giveUp();
    HashFiles fresh = HashFiles.empty(storage, directory);
    files = fresh;
    entries.catchUp(fresh, head.size());
  }

  private void giveUp() {
    HashFiles broken = files;
    files = null;
    if (broken != null) {
      try {
        broken.close();
      } catch (IOException e) {
        LOG.warn("cannot close the audit log's hash files", e);
      }
    }
  }

  private void close() {
    HashFiles open = files;
    if (open != null) {
      try {
        open.sync();
      } catch (IOException e) {
        LOG.warn("the hash files were not synced; the next start makes their end anew", e);
      }
    }
    giveUp();
  }
}
