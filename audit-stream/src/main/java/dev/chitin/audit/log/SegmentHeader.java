package dev.chitin.audit.log;

import dev.chitin.audit.LogFault;
import dev.chitin.audit.tree.Frontier;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Bytes;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * What stands before the first frame of a segment: enough to go on from here without the segments
 * before it.
 *
 * <pre>
 * magic u64 ‖ header length u32 ‖ segment id [16] ‖ origin length u16 ‖ origin
 *   ‖ tree size u64 ‖ subtree roots [32]* ‖ count u32 ‖ open calls (index, segment, offset u64)*
 *   ‖ CRC32C u32 over all before
 * </pre>
 *
 * @param origin the log's name
 * @param id random, 16 bytes
 * @param frontier the tree when the segment began; its size is the segment's first index
 * @param open where the calls stand that were authorized before and had no end yet
 */
public record SegmentHeader(
    String origin, Bytes id, Frontier frontier, List<OpenCalls.Place> open) {
  private static final long MAGIC = 0x4348_4954_5345_4731L; // "CHITSEG1"
  private static final int FIXED = 8 + 4 + Frame.ID_BYTES + 2;

  /** Longest header; what a reader is willing to allocate. */
  private static final int MAX_BYTES = 1 << 20;

  ByteBuffer encode() {
    byte[] name = origin.getBytes(StandardCharsets.UTF_8);
    int length =
        FIXED
            + name.length
            + frontier.encodedLength()
            + 4
            + open.size() * OpenCalls.Place.BYTES
            + 4;
    ByteBuffer out = ByteBuffer.allocate(length);
    out.putLong(MAGIC).putInt(length).put(id.borrow()).putShort((short) name.length).put(name);
    frontier.write(out);
    out.putInt(open.size());
    for (OpenCalls.Place place : open) {
      out.putLong(place.index()).putLong(place.segment()).putLong(place.offset());
    }
    return out.putInt(crc(out)).flip();
  }

  /** The header and where the first frame begins. */
  record Located(SegmentHeader header, int length) {}

  /**
   * Reads the header of a segment.
   *
   * @throws LogDamage when it is not whole
   */
  static Located read(FileChannel file, SegmentName name, TreeHash hash)
      throws IOException, LogDamage {
    ByteBuffer start = SegmentScanner.readAt(file, 0, 12);
    if (start.remaining() < 12 || start.getLong() != MAGIC) {
      throw damage(name, "the file does not begin as a segment");
    }
    int length = start.getInt();
    if (length < FIXED || length > MAX_BYTES) {
      throw damage(name, "the segment header has an impossible length");
    }
    ByteBuffer in = SegmentScanner.readAt(file, 0, length);
    if (in.remaining() < length
        || crc(in.duplicate().position(length - 4)) != in.getInt(length - 4)) {
      throw damage(name, "the segment header does not match its checksum");
    }
    SegmentHeader header = parse(in.position(12), name, hash);
    if (header.frontier.size() != name.firstIndex()) {
      throw damage(name, "the segment header names another first entry than the file name");
    }
    return new Located(header, length);
  }

  private static SegmentHeader parse(ByteBuffer in, SegmentName name, TreeHash hash)
      throws LogDamage {
    try {
      byte[] id = new byte[Frame.ID_BYTES];
      in.get(id);
      byte[] origin = new byte[Short.toUnsignedInt(in.getShort())];
      in.get(origin);
      Frontier frontier = Frontier.read(hash, in);
      int count = in.getInt();
      if (count < 0 || in.remaining() != (long) count * OpenCalls.Place.BYTES + 4) {
        throw damage(name, "the segment header does not fit its length");
      }
      var open = new ArrayList<OpenCalls.Place>(count);
      for (int i = 0; i < count; i++) {
        open.add(new OpenCalls.Place(in.getLong(), in.getLong(), in.getLong()));
      }
      return new SegmentHeader(
          new String(origin, StandardCharsets.UTF_8), Bytes.adopt(id), frontier, open);
    } catch (BufferUnderflowException e) {
      throw damage(name, "the segment header does not fit its length");
    }
  }

  private static int crc(ByteBuffer written) {
    var crc = new CRC32C();
    crc.update(written.duplicate().flip());
    return (int) crc.getValue();
  }

  private static LogDamage damage(SegmentName name, String what) {
    return new LogDamage(new LogFault(name.firstIndex(), name.fileName(), 0, what));
  }
}
