package dev.chitin.audit.query;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.log.EntryReader;
import dev.chitin.audit.log.LogDamage;
import dev.chitin.audit.log.Minimum;
import dev.chitin.bus.Needle;
import dev.chitin.bus.json.JsonValue.Obj;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One search through a log, block by block: those of which the index knows that they hold nothing
 * are passed over, the others read. Blocks; for one thread, once.
 */
public final class EventQuery {
  /** Most entries of one page. */
  public static final int MOST = 1_000;

  /** Most entries that one search reads. */
  public static final int SCAN = 131_072;

  /** Bytes of entries after which a page is full. */
  private static final int PAGE_BYTES = 4 << 20;

  private final EntryReader reader;
  private final EventIndex index;
  private final EventFilter filter;
  private final List<Needle> needles;
  private final BlockQuestion question;
  private final int limit;
  private final boolean newestFirst;
  private final long size;
  private final long minimum;
  private final long scan;
  private final List<EventPage.Found> found = new ArrayList<>();
  private long bytes;
  private long scanned;
  private long summaries;

  /**
   * A search that reads at most {@value #SCAN} entries.
   *
   * @param limit 1 to {@value #MOST}
   */
  public EventQuery(
      Path directory, EventIndex index, EventFilter filter, int limit, boolean newestFirst)
      throws IOException, LogDamage {
    this(directory, index, filter, limit, newestFirst, SCAN);
  }

  /**
   * Prepares a search.
   *
   * @param scan how many entries it reads at most, to the next whole block
   */
  public EventQuery(
      Path directory,
      EventIndex index,
      EventFilter filter,
      int limit,
      boolean newestFirst,
      long scan)
      throws IOException, LogDamage {
    this.scan = scan;
    if (limit < 1 || limit > MOST) {
      throw new IllegalArgumentException("1 to " + MOST + " entries");
    }
    this.reader = new EntryReader(directory);
    this.index = index;
    this.filter = filter;
    this.needles = filter.needles();
    this.question = BlockQuestion.of(filter);
    this.limit = limit;
    this.newestFirst = newestFirst;
    this.size = reader.size();
    this.minimum = Minimum.read(directory).index();
  }

  /** How many summaries were looked at; for measurements. */
  public long summaries() {
    return summaries;
  }

  /**
   * Searches from entry {@code cursor} on, in the direction that was asked for.
   *
   * @param cursor empty for the oldest or the newest
   */
  public EventPage page(OptionalLong cursor) throws IOException, LogDamage {
    long at = cursor.orElse(newestFirst ? size - 1 : 0);
    at = newestFirst ? Math.min(at, size - 1) : at;
    at = newestFirst ? at : Math.max(at, minimum);
    BlockWalk walk = index.walk(question, newestFirst);
    while (at >= minimum && at < size) {
      if (scanned >= scan) {
        return page(OptionalLong.of(at), false);
      }
      long block = walk.next(at / BlockSummary.ENTRIES);
      if (block != at / BlockSummary.ENTRIES) {
        at = newestFirst ? (block + 1) * BlockSummary.ENTRIES - 1 : block * BlockSummary.ENTRIES;
        continue;
      }
      if (mayHold(block)) {
        OptionalLong full = search(block, at);
        if (full.isPresent()) {
          return page(onwards(full.getAsLong()), true);
        }
      }
      at = newestFirst ? block * BlockSummary.ENTRIES - 1 : (block + 1) * BlockSummary.ENTRIES;
    }
    return page(OptionalLong.empty(), true);
  }

  private OptionalLong onwards(long last) {
    long next = newestFirst ? last - 1 : last + 1;
    return next < 0 ? OptionalLong.empty() : OptionalLong.of(next);
  }

  private EventPage page(OptionalLong next, boolean complete) {
    return new EventPage(found, next, complete, scanned, size);
  }

  private boolean mayHold(long block) throws IOException {
    if (block >= index.blocks()) {
      return true;
    }
    summaries++;
    return index.summary(block).map(summary -> summary.mayMatch(question)).orElse(true);
  }

  /** The index of the entry with which the page is full, if it is. */
  private OptionalLong search(long block, long from) throws IOException, LogDamage {
    List<LogEntry> entries = read(block);
    int step = newestFirst ? -1 : 1;
    for (int i = newestFirst ? entries.size() - 1 : 0; i >= 0 && i < entries.size(); i += step) {
      LogEntry entry = entries.get(i);
      boolean beyond = newestFirst ? entry.index() > from : entry.index() < from;
      if (!beyond) {
        scanned++;
        match(entry).ifPresent(this::take);
        if (found.size() >= limit || bytes >= PAGE_BYTES) {
          return OptionalLong.of(entry.index());
        }
      }
    }
    return OptionalLong.empty();
  }

  private void take(EventPage.Found entry) {
    found.add(entry);
    bytes += entry.entry().json().length();
  }

  private Optional<EventPage.Found> match(LogEntry entry) {
    byte[] json = entry.json().borrow();
    for (Needle needle : needles) {
      if (!needle.isIn(json)) {
        return Optional.empty();
      }
    }
    Optional<Obj> members = BlockSummary.parse(entry);
    return members.filter(filter::matches).map(m -> new EventPage.Found(entry, m));
  }

  /** The block's entries, read on from where the block before it ended, if that is known. */
  private List<LogEntry> read(long block) throws IOException, LogDamage {
    long first = Math.max(block * BlockSummary.ENTRIES, minimum);
    long before = Math.min(block, index.blocks()) - 1;
    if (before >= 0 && !isNear(first)) {
      Optional<BlockSummary> summary = index.summary(before);
      if (summary.isPresent()) {
        reader.resume(summary.get().place());
      }
    }
    List<LogEntry> entries = reader.read(first, BlockSummary.ENTRIES, size);
    boolean unsound = block < index.blocks() && index.summary(block).isEmpty();
    if (unsound && reader.place().isPresent()) {
      index.repair(block, entries, reader.place().get());
    }
    long end = (block + 1) * BlockSummary.ENTRIES;
    return entries.stream().filter(entry -> entry.index() < end && entry.index() < size).toList();
  }

  /** Whether the reader stands shortly before {@code index} already. */
  private boolean isNear(long index) {
    return reader
        .place()
        .filter(place -> place.index() <= index && index - place.index() <= BlockSummary.ENTRIES)
        .isPresent();
  }
}
