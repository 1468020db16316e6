package dev.chitin.audit.log;

import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Reads the frames of one segment from front to back, through a window of at least 256 KiB.
 *
 * <p>Checks what a frame alone can show: magic, segment id, index continuity, form and checksum.
 * Whether the roots are those of the entries is for the caller, who keeps the tree.
 */
final class SegmentScanner {
  private static final int WINDOW = 256 << 10;
  private static final int PIECE = 1 << 20;

  /** What stands at the scanner's place. */
  sealed interface Step {
    /** A whole frame; the scanner stands behind it. */
    record Found(Frame frame) implements Step {}

    /** Nothing was ever written here. */
    record Blank() implements Step {}

    /** Bytes that are no frame of this segment at this place. */
    record Damaged(String what) implements Step {}
  }

  private final FileChannel file;
  private final Bytes segmentId;
  private long offset;
  private long index;
  private ByteBuffer window;
  private long windowAt;

  SegmentScanner(FileChannel file, Bytes segmentId, long offset, long index) {
    this(file, segmentId, offset, index, window());
  }

  /**
   * @param window as {@link #window()} gives it, which no other scanner uses at the time
   */
  SegmentScanner(FileChannel file, Bytes segmentId, long offset, long index, ByteBuffer window) {
    this.window = window.limit(0);
    this.file = file;
    this.segmentId = segmentId;
    this.offset = offset;
    this.index = index;
  }

  /** A window for scanners, one after the other. */
  static ByteBuffer window() {
    return ByteBuffer.allocate(WINDOW);
  }

  /** Where the next frame begins or would begin. */
  long offset() {
    return offset;
  }

  /** The index that the next frame has to begin with. */
  long index() {
    return index;
  }

  /** Looks at the next frame. What is no frame is looked at afresh each time. */
  Step next() throws IOException {
    Step step = step();
    if (step instanceof Step.Found found) {
      offset = found.frame().endOffset();
      index = found.frame().endIndex();
    } else {
      window.limit(0); // A writer may fill this place; do not answer from memory.
    }
    return step;
  }

  private Step step() throws IOException {
    ByteBuffer head = at(Frame.HEAD);
    if (isBlank(head)) {
      return new Step.Blank();
    }
    if (head.remaining() < Frame.HEAD) {
      return new Step.Damaged("the segment ends inside a frame");
    }
    if (head.getInt() != Frame.MAGIC) {
      return new Step.Damaged("no frame begins here");
    }
    byte[] id = new byte[Frame.ID_BYTES];
    head.get(id);
    if (!Bytes.adopt(id).equals(segmentId)) {
      return new Step.Damaged("the frame belongs to another segment");
    }
    if (head.getLong() != index) {
      return new Step.Damaged("the frame begins with another entry than the one due here");
    }
    int count = head.getInt();
    int body = head.getInt();
    if (count < 1 || count > Frame.MAX_ENTRIES || body < count || body > Frame.MAX_BODY) {
      return new Step.Damaged("the frame has an impossible length");
    }
    return whole(count, body);
  }

  private Step whole(int count, int body) throws IOException {
    int length = Frame.HEAD + body + Frame.TAIL;
    ByteBuffer frame = at(length);
    if (frame.remaining() < length) {
      return new Step.Damaged("the segment ends inside a frame");
    }
    var crc = new CRC32C();
    crc.update(frame.duplicate().limit(frame.position() + length - 4));
    if (frame.getInt(frame.position() + length - 4) != (int) crc.getValue()) {
      return new Step.Damaged("the frame does not match its checksum");
    }
    frame.position(frame.position() + Frame.HEAD - TreeHash.BYTES);
    Bytes rootBefore = take(frame, TreeHash.BYTES);
    List<Bytes> entries = entries(frame, count, body);
    if (entries.size() != count) {
      return new Step.Damaged("the entries do not fill their frame");
    }
    Bytes rootAfter = take(frame, TreeHash.BYTES);
    return new Step.Found(new Frame(offset, length, index, rootBefore, entries, rootAfter));
  }

  /**
   * The entries at the scanner's place, where a frame stands whose checksum alone is wrong; none
   * when its lengths do not fit either, and nothing can be said of single entries.
   */
  List<Bytes> damagedEntries() throws IOException {
    ByteBuffer head = at(Frame.HEAD);
    if (head.remaining() < Frame.HEAD) {
      return List.of();
    }
    int lengths = head.position() + Frame.HEAD - TreeHash.BYTES - 2 * Integer.BYTES;
    int count = head.getInt(lengths);
    int body = head.getInt(lengths + Integer.BYTES);
    if (count < 1 || count > Frame.MAX_ENTRIES || body < count || body > Frame.MAX_BODY) {
      return List.of();
    }
    ByteBuffer frame = at(Frame.HEAD + body);
    if (frame.remaining() < Frame.HEAD + body) {
      return List.of();
    }
    List<Bytes> entries = entries(frame.position(frame.position() + Frame.HEAD), count, body);
    return entries.size() == count ? entries : List.of();
  }

  /** The entries, or fewer than {@code count} when they do not fill {@code body} exactly. */
  private static List<Bytes> entries(ByteBuffer frame, int count, int body) {
    int end = frame.position() + body;
    var entries = new ArrayList<Bytes>(count);
    while (entries.size() < count && frame.position() + Frame.ENTRY_HEAD <= end) {
      int length = Short.toUnsignedInt(frame.getShort());
      if (length < 1 || length > Frame.MAX_ENTRY || frame.position() + length > end) {
        return List.of();
      }
      entries.add(take(frame, length));
    }
    return frame.position() == end ? entries : List.of();
  }

  /**
   * Looks for a valid frame of this segment behind the scanner's place, at any offset and with any
   * index: its presence tells damage in the middle from an end that was never finished.
   *
   * @param end as {@link #endOfBytes} gave it
   */
  boolean hasLaterFrame(long end) throws IOException {
    var chunk = ByteBuffer.allocate(WINDOW);
    for (long at = offset; at < end; at += WINDOW - (Frame.HEAD - 1)) {
      read(file, chunk.clear(), at);
      chunk.flip();
      for (int i = 0; i + Frame.HEAD <= chunk.limit(); i++) {
        if (bearsOurMark(chunk, i) && isFrame(at + i, chunk.getLong(i + 4 + Frame.ID_BYTES))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Strings in entries may spell the magic, but nobody outside knows the segment's id. */
  private boolean bearsOurMark(ByteBuffer chunk, int at) {
    return chunk.getInt(at) == Frame.MAGIC
        && chunk.slice(at + 4, Frame.ID_BYTES).equals(ByteBuffer.wrap(segmentId.borrow()));
  }

  private boolean isFrame(long at, long firstIndex) throws IOException {
    return new SegmentScanner(file, segmentId, at, firstIndex).step() instanceof Step.Found;
  }

  /**
   * Where the last byte that is not zero ends, or {@link #offset()} when all that follows is. Every
   * start looks through what is left of a segment, so whole pieces are compared at a time.
   */
  long endOfBytes() throws IOException {
    long last = offset;
    ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE);
    ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
    for (long at = offset; ; at += PIECE) {
      read(file, piece.clear(), at);
      piece.flip();
      if (!piece.equals(zeros.slice(0, piece.limit()))) {
        last = at + endOfBytes(piece);
      }
      if (piece.limit() < PIECE) {
        return last;
      }
    }
  }

  private static int endOfBytes(ByteBuffer piece) {
    int end = piece.limit();
    while (end > 0 && piece.get(end - 1) == 0) {
      end--;
    }
    return end;
  }

  /** The next {@code length} bytes, or fewer at the end of the file. */
  private ByteBuffer at(int length) throws IOException {
    if (offset < windowAt || offset + length > windowAt + window.limit()) {
      if (window.capacity() < length) {
        window = ByteBuffer.allocate(length);
      }
      windowAt = offset;
      read(file, window.clear(), offset);
      window.flip();
    }
    int from = (int) (offset - windowAt);
    return window.duplicate().position(from).limit(Math.min(window.limit(), from + length));
  }

  static ByteBuffer readAt(FileChannel file, long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    read(file, bytes, offset);
    return bytes.flip();
  }

  private static void read(FileChannel file, ByteBuffer into, long offset) throws IOException {
    long at = offset;
    while (into.hasRemaining()) {
      int n = file.read(into, at);
      if (n < 0) {
        return;
      }
      at += n;
    }
  }

  private static boolean isBlank(ByteBuffer bytes) {
    for (int i = bytes.position(); i < bytes.limit(); i++) {
      if (bytes.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static Bytes take(ByteBuffer from, int length) {
    byte[] bytes = new byte[length];
    from.get(bytes);
    return Bytes.adopt(bytes);
  }
}
