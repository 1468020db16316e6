package dev.chitin.audit.log;

import dev.chitin.audit.LogPosition;
import dev.chitin.audit.tree.Frontier;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns batches of entries into durable frames: keeps the tree and the open calls, and goes from
 * segment to segment. Used by one thread at a time, which it blocks.
 */
final class SegmentWriter implements Closeable {
  private final Storage storage;
  private final LogDirectory directory;
  private final String origin;
  private final SpareSegments spares;
  private final DurableMark mark;
  private final TreeHash hash;
  private final Frontier frontier;
  private final OpenCalls open;
  private final FrameBuffer buffer;
  private final int maxBody;
  private final SecureRandom random = new SecureRandom();

  private final byte[] leaves = new byte[Frame.MAX_ENTRIES * TreeHash.BYTES];

  private @Nullable Current current;
  private boolean spareAsked;
  private volatile boolean waitsForSpare;
  private volatile boolean rotate;
  private volatile long roomLeft;
  private volatile int openCalls;

  /** The segment that takes frames now; {@code end} is where the next one goes. */
  private record Current(LogFile file, SegmentName name, Bytes id, long capacity, long end) {
    Current after(int length) {
      return new Current(file, name, id, capacity, end + length);
    }
  }

  SegmentWriter(
      Storage storage,
      LogDirectory directory,
      String origin,
      long segmentBytes,
      SpareSegments spares,
      DurableMark mark,
      TreeHash hash,
      Recovery.Found found)
      throws IOException {
    this.storage = storage;
    this.directory = directory;
    this.origin = origin;
    this.spares = spares;
    this.mark = mark;
    this.hash = hash;
    this.frontier = found.frontier();
    this.open = found.open();
    this.openCalls = open.size();
    this.maxBody = (int) Math.min(Frame.MAX_BODY, segmentBytes / 4);
    this.buffer = new FrameBuffer(maxBody);
    if (found.segment() != null) {
      goOn(found.segment(), found.end());
    }
  }

  private void goOn(Recovery.Segment segment, long end) throws IOException {
    SegmentName name = segment.name();
    long capacity = Files.size(directory.segment(name));
    LogFile file = storage.open(directory.segment(name));
    current = new Current(file, name, segment.id(), capacity, end);
    roomLeft = capacity - end;
  }

  /** Makes the first segment of a new log, so that what stands in its way shows at once. */
  void prepare() throws IOException {
    if (current == null && roll() == null) {
      throw new IOException("the first segment could not be made");
    }
  }

  /** Goes on in a new segment with the next frame. From any thread. */
  void rotate() {
    rotate = true;
  }

  /** Most bytes of entries, their lengths included, in one {@link #write}. */
  int maxBody() {
    return maxBody;
  }

  /** Calls that were authorized and have no end. Readable from any thread. */
  int openCalls() {
    return openCalls;
  }

  /** Bytes left in the current segment. Readable from any thread. */
  long roomLeft() {
    return roomLeft;
  }

  /** Whether the writer waits because there is no segment to go on in. Readable from any thread. */
  boolean waitsForSpare() {
    return waitsForSpare;
  }

  /** The leaf hashes of the last {@link #write}, in order; valid until the next. */
  byte[] leaves() {
    return leaves;
  }

  /** What is durable: the tree and the segment that it ends in. */
  TreeHead head() {
    long segment = current == null ? 0 : current.name.firstIndex();
    return new TreeHead(frontier.size(), Digest.ofBytes(frontier.root()), segment);
  }

  CleanSeal seal() {
    return new CleanSeal(frontier.size(), Digest.ofBytes(frontier.root()));
  }

  /**
   * Writes one frame and returns when it is durable.
   *
   * @return the entries' positions, or null when the log was closed while it waited for a segment;
   *     then nothing was written
   */
  @Nullable List<LogPosition> write(List<byte[]> entries) throws IOException {
    Current segment = roomFor(entries);
    if (segment == null) {
      return null;
    }
    var positions = new ArrayList<LogPosition>(entries.size());
    buffer.begin(segment.id, frontier.size(), frontier.root());
    for (byte[] entry : entries) {
      byte[] leaf = hash.leaf(entry);
      long index = frontier.size();
      long at = segment.end + buffer.position();
      frontier.append(leaf);
      open.observe(entry, new OpenCalls.Place(index, segment.name.firstIndex(), at));
      System.arraycopy(leaf, 0, leaves, positions.size() * TreeHash.BYTES, TreeHash.BYTES);
      positions.add(new LogPosition(index, Digest.ofBytes(leaf)));
      buffer.add(entry);
    }
    ByteBuffer frame = buffer.finish(frontier.root());
    current = segment.after(frame.remaining());
    segment.file.write(frame, segment.end);
    segment.file.force(false);
    mark.write(frontier.size());
    roomLeft = current.capacity - current.end;
    openCalls = open.size();
    askForSpare(current);
    return positions;
  }

  /** Once for each segment, and not for one that is opened for a few entries alone. */
  private void askForSpare(Current segment) {
    if (!spareAsked && segment.end >= segment.capacity / 4) {
      spares.request();
      spareAsked = true;
    }
  }

  private @Nullable Current roomFor(List<byte[]> entries) throws IOException {
    long length = Frame.HEAD + (long) Frame.TAIL;
    for (byte[] entry : entries) {
      length += Frame.ENTRY_HEAD + entry.length;
    }
    Current segment = current;
    if (rotate && segment != null && segment.name.firstIndex() < frontier.size()) {
      return roll();
    }
    return segment != null && segment.end + length <= segment.capacity ? segment : roll();
  }

  /**
   * Goes on in the spare: its header is durable before its name is, so that each segment that has a
   * name begins with a whole header.
   */
  private @Nullable Current roll() throws IOException {
    waitsForSpare = true;
    LogFile file = spares.take();
    if (file == null) {
      return null;
    }
    waitsForSpare = false;
    rotate = false;
    byte[] id = new byte[Frame.ID_BYTES];
    random.nextBytes(id);
    var header = new SegmentHeader(origin, Bytes.adopt(id), frontier, open.places());
    ByteBuffer bytes = header.encode();
    int length = bytes.remaining();
    file.write(bytes, 0);
    file.force(false);
    var name = new SegmentName(frontier.size());
    storage.rename(directory.spare(), directory.segment(name));
    storage.syncDirectory(directory.path());
    spareAsked = false;
    if (current != null) {
      current.file.close();
    }
    Current next =
        new Current(file, name, header.id(), Files.size(directory.segment(name)), length);
    current = next;
    roomLeft = next.capacity - next.end;
    return next;
  }

  @Override
  public void close() throws IOException {
    mark.close();
    if (current != null) {
      current.file.close();
      current = null;
    }
  }
}
