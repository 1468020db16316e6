package dev.chitin.audit.log;

import dev.chitin.audit.Expectations;
import dev.chitin.audit.LogFault;
import dev.chitin.audit.LogVerification;
import dev.chitin.audit.tree.Frontier;
import dev.chitin.audit.tree.StoredTree;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One walk over a whole log; see {@link dev.chitin.audit.LogVerifier}. */
public final class Verification {
  private final LogDirectory directory;
  private final TreeHash hash = new TreeHash();
  private final Frontier frontier = new Frontier(hash);
  private final CheckpointCheck checkpoint;
  private final TreeCheck tree;
  private final long storedHashes;
  private @Nullable String origin;
  private long bytes;
  private long unfinished;
  private long acknowledged;
  private boolean sealed;

  private final LogRecords records = new LogRecords();

  private Verification(LogDirectory directory, HashFileReader hashes, Expectations expected)
      throws IOException {
    this.directory = directory;
    // Read before the walk: a writer may go on meanwhile.
    this.checkpoint = CheckpointCheck.read(directory.path(), expected);
    this.storedHashes = hashes.count(0);
    this.tree = new TreeCheck(new HashTiles(hashes), false, checkpoint.sizes());
  }

  /** Walks the log in {@code path}, which it only reads. */
  public static LogVerification of(Path path, Expectations expected) throws IOException {
    var directory = new LogDirectory(path);
    int segments = directory.segments().size();
    try (var hashes = new HashFileReader(directory)) {
      var walk = new Verification(directory, hashes, expected);
      @Nullable LogFault fault = null;
      try {
        walk.run();
      } catch (LogDamage e) {
        fault = e.fault();
      }
      return new LogVerification(
          walk.frontier.size(),
          Digest.ofBytes(walk.frontier.root()),
          segments,
          walk.bytes,
          walk.unfinished,
          walk.checkpoint.checkpoint(),
          walk.checkpoint.signer(walk.tree, walk.records.rotations()),
          walk.checkpoint.newest(walk.records.rotations()),
          Optional.ofNullable(fault));
    }
  }

  /** The hash files as tiles; they may lag behind the entries. */
  private record HashTiles(HashFileReader hashes) implements TileSource {
    @Override
    public byte[] tile(int level, long index) throws IOException {
      long first = index * StoredTree.TILE_WIDTH;
      int count = (int) Math.min(StoredTree.TILE_WIDTH, hashes.count(level) - first);
      return count <= 0 ? new byte[0] : hashes.read(level, first, count);
    }
  }

  private void run() throws IOException, LogDamage {
    // Read before the walk: a writer may go on, and what was acknowledged until here has to be
    // here.
    acknowledged = DurableMark.read(directory.durable()).orElse(0);
    Optional<CleanSeal> seal = CleanSeal.read(directory);
    sealed = seal.isPresent();
    List<SegmentName> segments = directory.segments();
    pruned(segments);
    for (SegmentName name : segments) {
      segment(name, name.equals(segments.getLast()));
    }
    String last = segments.isEmpty() ? "none" : segments.getLast().fileName();
    if (frontier.size() < acknowledged) {
      throw damage(
          last,
          0,
          acknowledged + " entries were acknowledged, and " + frontier.size() + " are here");
    }
    Optional<String> contradiction =
        seal.flatMap(s -> s.contradicts(frontier.size(), frontier.root()));
    if (contradiction.isPresent()) {
      throw damage(last, 0, contradiction.get());
    }
    if (storedHashes > frontier.size()) {
      throw damage(
          "hashes-0",
          frontier.size() * TreeHash.BYTES,
          "there are hashes of " + storedHashes + " entries, and " + frontier.size() + " are here");
    }
    raise(checkpoint.fault(origin, tree, records.rotations()));
    raise(records.fault(Minimum.read(directory.path()).index()));
  }

  /** For entries that were pruned their stored hashes stand; the segment after them holds them. */
  private void pruned(List<SegmentName> segments) throws IOException, LogDamage {
    long kept = Minimum.read(directory.path()).segment();
    if (kept == 0) {
      return;
    }
    if (segments.isEmpty() || segments.getFirst().firstIndex() > kept) {
      throw damage("none", 0, "the log was pruned below " + kept + ", and that segment is missing");
    }
    long end = segments.getFirst().firstIndex();
    try (var hashes = new HashFileReader(directory)) {
      for (long at = 0; at < end; at += StoredTree.TILE_WIDTH) {
        int count = (int) Math.min(StoredTree.TILE_WIDTH, end - at);
        if (at + count > storedHashes) {
          throw damage("hashes-0", at * TreeHash.BYTES, "hashes of pruned entries are missing");
        }
        byte[] row = hashes.read(0, at, count);
        for (int i = 0; i < row.length; i += TreeHash.BYTES) {
          byte[] leaf = Arrays.copyOfRange(row, i, i + TreeHash.BYTES);
          frontier.append(leaf);
          tree.add(leaf);
        }
        raise(tree.fault());
      }
    }
  }

  private static void raise(Optional<LogFault> fault) throws LogDamage {
    if (fault.isPresent()) {
      throw new LogDamage(fault.get());
    }
  }

  private void segment(SegmentName name, boolean last) throws IOException, LogDamage {
    try (FileChannel file = directory.read(name)) {
      if (name.firstIndex() != frontier.size()) {
        throw damage(
            name.fileName(), 0, "the segment before this one is missing or ends too early");
      }
      SegmentHeader.Located located = SegmentHeader.read(file, name, hash);
      if (!Bytes.adopt(located.header().frontier().root()).equals(Bytes.adopt(frontier.root()))) {
        throw damage(name.fileName(), 0, "the segment begins with another tree root");
      }
      String bears = located.header().origin();
      if (origin != null && !origin.equals(bears)) {
        throw damage(name.fileName(), 0, "the segment is of the log " + bears);
      }
      origin = bears;
      var scanner =
          new SegmentScanner(file, located.header().id(), located.length(), frontier.size());
      SegmentScanner.Step step = scanner.next();
      while (step instanceof SegmentScanner.Step.Found(Frame frame)) {
        replay(frame, name.fileName());
        step = scanner.next();
      }
      bytes += scanner.offset();
      end(scanner, step, name.fileName(), last);
    }
  }

  private void replay(Frame frame, String segment) throws IOException, LogDamage {
    if (!frame.rootBefore().equals(Bytes.adopt(frontier.root()))) {
      throw damage(segment, frame.offset(), "the entries before are not those that were hashed");
    }
    var after = frontier.copy();
    var leaves = new ArrayList<byte[]>(frame.entries().size());
    for (Bytes entry : frame.entries()) {
      leaves.add(hash.leaf(entry.borrow()));
      records.observe(after.size(), entry.borrow());
      after.append(leaves.getLast());
    }
    if (!frame.rootAfter().equals(Bytes.adopt(after.root()))) {
      raise(culprit(frame.entries(), segment, frame.offset() + Frame.HEAD));
      throw damage(
          segment, frame.offset(), "the entries of the frame are not those that were hashed");
    }
    frontier.become(after);
    for (byte[] leaf : leaves) {
      tree.add(leaf);
    }
    raise(tree.fault());
  }

  /** The first entry, of those that follow the good ones, that the stored hashes do not know. */
  private Optional<LogFault> culprit(List<Bytes> entries, String segment, long offset)
      throws IOException {
    long index = frontier.size();
    long at = offset;
    for (Bytes entry : entries) {
      if (tree.contradicts(index, hash.leaf(entry.borrow()))) {
        return Optional.of(
            new LogFault(index, segment, at, "the entry is not the one whose hash is stored"));
      }
      index++;
      at += Frame.ENTRY_HEAD + entry.length();
    }
    return Optional.empty();
  }

  /** Judges what stands behind the last whole frame of a segment. */
  private void end(SegmentScanner scanner, SegmentScanner.Step step, String segment, boolean last)
      throws IOException, LogDamage {
    String what =
        step instanceof SegmentScanner.Step.Damaged(String why)
            ? why
            : "there are bytes after the last entry";
    long endOfBytes = scanner.endOfBytes();
    long tail = endOfBytes - scanner.offset();
    if (tail == 0) {
      return;
    }
    boolean writerMayBeHere = last && !sealed && frontier.size() >= acknowledged;
    if (!writerMayBeHere) {
      raise(culprit(scanner.damagedEntries(), segment, scanner.offset() + Frame.HEAD));
      throw damage(segment, scanner.offset(), what);
    }
    // A frame is whole before the next begins. So if one follows, this one is whole by now when
    // there is a writer, and damaged when there is none.
    if (scanner.hasLaterFrame(endOfBytes)
        && !(scanner.next() instanceof SegmentScanner.Step.Found)) {
      raise(culprit(scanner.damagedEntries(), segment, scanner.offset() + Frame.HEAD));
      throw damage(segment, scanner.offset(), what + ", and others follow it");
    }
    unfinished = tail;
  }

  private LogDamage damage(String segment, long offset, String what) {
    return new LogDamage(new LogFault(frontier.size(), segment, offset, what));
  }
}
