package dev.chitin.audit.log;

import dev.chitin.audit.LogFault;
import dev.chitin.audit.LogVerification;
import dev.chitin.audit.tree.Frontier;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One walk over a whole log; see {@link dev.chitin.audit.LogVerifier}. */
public final class Verification {
  private final LogDirectory directory;
  private final TreeHash hash = new TreeHash();
  private final Frontier frontier = new Frontier(hash);
  private long bytes;
  private long unfinished;
  private long acknowledged;
  private boolean sealed;

  private Verification(LogDirectory directory) {
    this.directory = directory;
  }

  /** Walks the log in {@code path}, which it only reads. */
  public static LogVerification of(Path path) throws IOException {
    var walk = new Verification(new LogDirectory(path));
    int segments = walk.directory.segments().size();
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
        Optional.ofNullable(fault));
  }

  private void run() throws IOException, LogDamage {
    // Read before the walk: a writer may go on, and what was acknowledged until here has to be
    // here.
    acknowledged = DurableMark.read(directory.durable()).orElse(0);
    Optional<CleanSeal> seal = CleanSeal.read(directory);
    sealed = seal.isPresent();
    List<SegmentName> segments = directory.segments();
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

  private void replay(Frame frame, String segment) throws LogDamage {
    if (!frame.rootBefore().equals(Bytes.adopt(frontier.root()))) {
      throw damage(segment, frame.offset(), "the entries before are not those that were hashed");
    }
    var after = frontier.copy();
    for (Bytes entry : frame.entries()) {
      after.append(hash.leaf(entry.borrow()));
    }
    if (!frame.rootAfter().equals(Bytes.adopt(after.root()))) {
      throw damage(
          segment, frame.offset(), "the entries of the frame are not those that were hashed");
    }
    frontier.become(after);
  }

  /** Judges what stands behind the last whole frame of a segment. */
  private void end(SegmentScanner scanner, SegmentScanner.Step step, String segment, boolean last)
      throws IOException, LogDamage {
    String what =
        step instanceof SegmentScanner.Step.Damaged(String why)
            ? why
            : "there are bytes after the last entry";
    long tail = scanner.endOfBytes() - scanner.offset();
    if (tail == 0) {
      return;
    }
    boolean writerMayBeHere = last && !sealed && frontier.size() >= acknowledged;
    if (!writerMayBeHere) {
      throw damage(segment, scanner.offset(), what);
    }
    // A frame is whole before the next begins. So if one follows, this one is whole by now when
    // there is a writer, and damaged when there is none.
    if (scanner.hasLaterFrame() && !(scanner.next() instanceof SegmentScanner.Step.Found)) {
      throw damage(segment, scanner.offset(), what + ", and others follow it");
    }
    unfinished = tail;
  }

  private LogDamage damage(String segment, long offset, String what) {
    return new LogDamage(new LogFault(frontier.size(), segment, offset, what));
  }
}
