package dev.chitin.audit.query;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.log.EntryReader;
import dev.chitin.audit.log.LogDamage;
import dev.chitin.audit.log.Minimum;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index of a log's entries: one {@link BlockSummary} for each whole block, in one file beside
 * the segments, and {@link BlockGroups} over many of them. It is derived: it follows the log behind
 * its writer, is never synced, and what of it is damaged or of another log is made anew. One thread
 * at a time makes it; any may ask it.
 */
public final class EventIndex implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventIndex.class);
  private static final String FILE = "events.index";

  private final Path directory;
  private final EntryReader reader;
  private final FileChannel file;
  private final BlockGroups groups;
  private volatile long blocks;
  private boolean placed;

  private EventIndex(Path directory, FileChannel file, BlockGroups groups) {
    this.directory = directory;
    this.reader = new EntryReader(directory);
    this.file = file;
    this.groups = groups;
  }

  /** Opens the index of the log in {@code directory}; what is not sound of it is dropped. */
  public static EventIndex open(Path directory) throws IOException {
    BlockGroups groups = BlockGroups.open(directory.resolve(FILE), BlockGroups.WIDTHS);
    try {
      FileChannel file =
          FileChannel.open(
              directory.resolve(FILE),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      return opened(new EventIndex(directory, file, groups));
    } catch (IOException | RuntimeException e) {
      groups.close();
      throw e;
    }
  }

  private static EventIndex opened(EventIndex index) throws IOException {
    try {
      index.blocks = index.file.size() / BlockSummary.BYTES;
      index.place();
      index.groups.check(index.blocks, index::summary);
      return index;
    } catch (IOException | RuntimeException e) {
      index.file.close();
      throw e;
    }
  }

  /** Finds where the entries behind the last sound block stand. */
  private void place() throws IOException {
    long whole = blocks;
    Optional<BlockSummary> last = whole == 0 ? Optional.empty() : summary(whole - 1);
    if (whole > 0 && (last.isEmpty() || !reader.resume(last.get().place()))) {
      LOG.warn("the index of the audit log is not of this log or damaged; it is made anew");
      file.truncate(0);
      groups.clear();
      blocks = 0;
    }
    placed = true;
  }

  /** How many blocks of {@value BlockSummary#ENTRIES} entries are indexed. */
  public long blocks() {
    return blocks;
  }

  /** The summary of one block; empty when it is not sound, and the entries have to be read. */
  Optional<BlockSummary> summary(long block) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(BlockSummary.BYTES);
    long at = block * BlockSummary.BYTES;
    while (bytes.hasRemaining()) {
      if (file.read(bytes, at + bytes.position()) < 0) {
        return Optional.empty();
      }
    }
    return BlockSummary.read(bytes.flip(), block);
  }

  /** A way through the blocks that may hold what is asked for. */
  BlockWalk walk(BlockQuestion question, boolean newestFirst) {
    return new BlockWalk(groups, question, newestFirst);
  }

  /**
   * Indexes what is durable and is not indexed yet, at most {@code most} blocks and groups of them.
   * Blocks.
   *
   * @return whether there is more to do
   * @throws LogDamage where the log itself is damaged
   */
  public synchronized boolean follow(int most) throws IOException, LogDamage {
    if (!placed) {
      place();
    }
    for (int i = 0; i < most; i++) {
      if (groups.make(blocks, this::summaryOrMade)) {
        continue;
      }
      long block = blocks;
      if (block * BlockSummary.ENTRIES < Minimum.read(directory).index()) {
        blocks = block + 1; // Pruned, at least in part: no summary, and what is left of it is read.
        continue;
      }
      Optional<BlockSummary> summary = make(block);
      if (summary.isEmpty()) {
        return false;
      }
      write(summary.get(), block);
      blocks = block + 1;
    }
    return true;
  }

  /** The summary of a block from its entries; empty when they are not all there. */
  private Optional<BlockSummary> make(long block) throws IOException, LogDamage {
    List<LogEntry> entries = reader.read(block * BlockSummary.ENTRIES, BlockSummary.ENTRIES);
    boolean whole =
        entries.size() == BlockSummary.ENTRIES
            && entries.getFirst().index() == block * BlockSummary.ENTRIES;
    return whole
        ? Optional.of(BlockSummary.of(block, entries, reader.place().orElseThrow()))
        : Optional.empty();
  }

  /** The summary as it stands, or made anew; empty for a block that cannot be read any more. */
  private Optional<BlockSummary> summaryOrMade(long block) throws IOException {
    Optional<BlockSummary> stored = summary(block);
    if (stored.isPresent() || block * BlockSummary.ENTRIES < Minimum.read(directory).index()) {
      return stored;
    }
    try {
      Optional<BlockSummary> made = make(block);
      if (made.isPresent()) {
        write(made.get(), block);
      }
      return made;
    } catch (LogDamage e) {
      LOG.warn("block {} of the audit log cannot be indexed", block, e);
      return Optional.empty(); // Its group says to read it, and who does is told.
    }
  }

  private void write(BlockSummary summary, long block) throws IOException {
    ByteBuffer bytes = summary.bytes();
    long at = block * BlockSummary.BYTES;
    while (bytes.hasRemaining()) {
      file.write(bytes, at + bytes.position());
    }
  }

  /** Makes the summary of {@code block} anew, which was found not to be sound. */
  synchronized void repair(long block, List<LogEntry> entries, EntryReader.Place place)
      throws IOException {
    if (block < blocks && entries.size() == BlockSummary.ENTRIES) {
      write(BlockSummary.of(block, entries, place), block);
    }
  }

  @Override
  public void close() throws IOException {
    try (groups) {
      file.close();
    }
  }
}
