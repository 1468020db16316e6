package dev.chitin.audit.log;

import dev.chitin.audit.tree.TreeHash;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Removes the oldest segments of a log (pruning, as C2SP tlog-tiles has it). All hashes stay, so
 * that roots and proofs hold. The order is: the log says so, durably; the file {@link Minimum} says
 * so; then segments go, oldest first. A start that finds the file goes on from there, and one that
 * does not find it removes nothing. Blocks; one thread at a time.
 */
public final class Pruning {
  private final Storage storage;
  private final LogDirectory directory;

  public Pruning(Storage storage, Path directory) {
    this.storage = storage;
    this.directory = new LogDirectory(directory);
  }

  /** What is durable before anything goes. */
  @FunctionalInterface
  public interface Step {

    /** Returns when it is; throws and nothing is removed. */
    void run(Minimum minimum) throws IOException;
  }

  /** Where the log begins now. */
  public Minimum minimum() throws IOException {
    return Minimum.read(directory.path());
  }

  /**
   * How far entries below {@code before} can be removed: whole segments, never the last one, none
   * in which the authorization of a call stands that may still be open, and none whose hashes are
   * not durable. No entry from {@code before} on goes, nor is hidden by the rounding to bundles.
   *
   * @param covered how many entries the published checkpoint covers
   * @return empty when there is nothing to remove
   */
  public Optional<Minimum> plan(long before, long covered) throws IOException, LogDamage {
    List<SegmentName> segments = directory.segments();
    List<Minimum> steps = steps(segments);
    if (steps.isEmpty()) {
      return Optional.empty();
    }
    long open = oldestOpenCall(segments.getLast());
    long hashed = HashFiles.synced(directory);
    Minimum kept = null;
    for (Minimum next : steps) {
      long end = next.index();
      // Entries that the rounding hides stay on disk, and their hashes can be made again.
      if (end > before || next.segment() > open || next.segment() > hashed || end > covered) {
        break;
      }
      kept = next;
    }
    return Optional.ofNullable(kept);
  }

  /** Where the log could begin next, without a look at what is in it; nearest first. */
  public List<Minimum> steps() throws IOException {
    return steps(directory.segments());
  }

  private List<Minimum> steps(List<SegmentName> segments) throws IOException {
    long now = minimum().segment();
    return segments.stream()
        .skip(1)
        .map(SegmentName::firstIndex)
        .filter(first -> first > now)
        .map(Minimum::ofSegment)
        .toList();
  }

  private long oldestOpenCall(SegmentName last) throws IOException, LogDamage {
    try (FileChannel file = directory.read(last)) {
      return SegmentHeader.read(file, last, new TreeHash()).header().open().stream()
          .mapToLong(OpenCalls.Place::segment)
          .min()
          .orElse(Long.MAX_VALUE);
    }
  }

  /**
   * Removes what {@link #plan} found.
   *
   * @param archive where the entries go first, or null to let them go
   * @param record has the log say so, durably
   */
  public void prune(Minimum minimum, @Nullable Path archive, Step record)
      throws IOException, LogDamage {
    if (archive != null) {
      new Archive(directory.path(), archive).copy(minimum().index(), minimum.index());
    }
    record.run(minimum);
    minimum.write(storage, directory);
    complete();
  }

  /** Removes what the file says is pruned and is still there; gives how many segments went. */
  public int complete() throws IOException {
    long kept = Minimum.read(directory.path()).segment();
    int removed = 0;
    for (SegmentName segment : directory.segments()) {
      if (segment.firstIndex() < kept) {
        storage.delete(directory.segment(segment));
        removed++;
      }
    }
    if (removed > 0) {
      storage.syncDirectory(directory.path());
    }
    return removed;
  }
}
