package dev.chitin.audit.log;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogFault;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads entries of a log that another process may be writing. Remembers where it stopped, so that
 * reading on costs nothing for what lies before; see {@link dev.chitin.audit.LogReader}. Used by
 * one thread at a time.
 */
public final class EntryReader {
  private final LogDirectory directory;
  private final TreeHash hash = new TreeHash();
  private final ByteBuffer window = SegmentScanner.window();
  private @Nullable Place stopped;

  /**
   * Where a frame stands.
   *
   * @param segment first index of its segment
   * @param id of that segment
   * @param offset of the frame in the segment's file
   * @param index its first entry
   */
  public record Place(long segment, Bytes id, long offset, long index) {}

  public EntryReader(Path path) {
    directory = new LogDirectory(path);
  }

  /**
   * Up to {@code max} durable entries from index {@code from} on; fewer when there are no more now.
   *
   * @throws LogDamage at the first frame that is not whole and should be
   */
  public List<LogEntry> read(long from, int max) throws IOException, LogDamage {
    return read(from, max, 0);
  }

  /** The frame that was read last, unless nothing was read yet. */
  public Optional<Place> place() {
    return Optional.ofNullable(stopped);
  }

  /**
   * Reads on from {@code place}, which another reader of this log had.
   *
   * @return false when the log has no such segment any more, or another one of that number
   */
  public boolean resume(Place place) throws IOException {
    var name = new SegmentName(place.segment());
    try (FileChannel file = directory.read(name)) {
      boolean same = SegmentHeader.read(file, name, hash).header().id().equals(place.id());
      stopped = same ? place : null;
      return same;
    } catch (NoSuchFileException | LogDamage e) {
      return false;
    }
  }

  /** How many entries are durable for certain. */
  public long size() throws IOException, LogDamage {
    long sealed = CleanSeal.read(directory).map(CleanSeal::size).orElse(0L);
    return Math.max(sealed, DurableMark.read(directory.durable()).orElse(0));
  }

  /**
   * The same where {@code known} entries are known to be durable from elsewhere. Entries that were
   * pruned are passed over: the first one given then has a greater index than {@code from}.
   */
  public List<LogEntry> read(long from, int max, long known) throws IOException, LogDamage {
    long minimum = Minimum.read(directory.path()).index();
    while (true) {
      try {
        return notPruned(Math.max(minimum, from), max, known);
      } catch (NoSuchFileException e) {
        // A segment went between the look at the directory and the look into it; it only ever goes
        // after the minimum has risen.
        long risen = Minimum.read(directory.path()).index();
        if (risen <= minimum) {
          throw e;
        }
        minimum = risen;
      }
    }
  }

  private List<LogEntry> notPruned(long from, int max, long known) throws IOException, LogDamage {
    long mark = Math.max(known, DurableMark.read(directory.durable()).orElse(0));
    List<SegmentName> segments = directory.segments();
    var entries = new ArrayList<LogEntry>(Math.min(max, 1_024));
    for (int i = 0; i < segments.size() && entries.size() < max; i++) {
      boolean last = i == segments.size() - 1;
      if (last || segments.get(i + 1).firstIndex() > from) {
        long durable = last ? mark : segments.get(i + 1).firstIndex();
        read(segments.get(i), durable, from, max, entries);
      }
    }
    return entries;
  }

  private void read(SegmentName name, long durable, long from, int max, List<LogEntry> entries)
      throws IOException, LogDamage {
    try (FileChannel file = directory.read(name)) {
      Place place = placeIn(file, name, from);
      var scanner = new SegmentScanner(file, place.id, place.offset, place.index, window);
      Frame frame = next(scanner, name, durable);
      while (frame != null && entries.size() < max) {
        Frame follower = frame.endIndex() <= durable ? null : next(scanner, name, durable);
        if (frame.endIndex() > durable && follower == null) {
          return; // Whole, but nothing shows that it was synced.
        }
        collect(frame, from, max, entries);
        stopped = new Place(name.firstIndex(), place.id, frame.offset(), frame.firstIndex());
        frame = follower == null ? next(scanner, name, durable) : follower;
      }
    }
  }

  private Place placeIn(FileChannel file, SegmentName name, long from)
      throws IOException, LogDamage {
    Place known = stopped;
    if (known != null && known.segment == name.firstIndex() && known.index <= from) {
      return known;
    }
    SegmentHeader.Located located = SegmentHeader.read(file, name, hash);
    return new Place(name.firstIndex(), located.header().id(), located.length(), name.firstIndex());
  }

  private static @Nullable Frame next(SegmentScanner scanner, SegmentName name, long durable)
      throws IOException, LogDamage {
    SegmentScanner.Step step = scanner.next();
    if (step instanceof SegmentScanner.Step.Found(Frame frame)) {
      return frame;
    }
    if (scanner.index() >= durable) {
      return null;
    }
    String what =
        step instanceof SegmentScanner.Step.Damaged(String why) ? why : "the entry is missing";
    throw new LogDamage(new LogFault(scanner.index(), name.fileName(), scanner.offset(), what));
  }

  private static void collect(Frame frame, long from, int max, List<LogEntry> entries) {
    long index = frame.firstIndex();
    for (Bytes entry : frame.entries()) {
      if (index >= from && entries.size() < max) {
        entries.add(new LogEntry(index, entry));
      }
      index++;
    }
  }
}
