package dev.chitin.audit.log;

import dev.chitin.bus.Bytes;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Builds one {@link Frame} at a time in a buffer that is made once. */
final class FrameBuffer {
  private static final int COUNT_AT = 4 + Frame.ID_BYTES + 8;

  private final ByteBuffer buffer;
  private final CRC32C crc = new CRC32C();
  private int count;

  FrameBuffer(int maxBody) {
    buffer = ByteBuffer.allocateDirect(Frame.HEAD + maxBody + Frame.TAIL);
  }

  void begin(Bytes segmentId, long firstIndex, byte[] rootBefore) {
    count = 0;
    buffer.clear();
    buffer.putInt(Frame.MAGIC).put(segmentId.borrow()).putLong(firstIndex);
    buffer.putInt(0).putInt(0).put(rootBefore);
  }

  /** Where in the frame the next entry's length will stand. */
  int position() {
    return buffer.position();
  }

  void add(byte[] entry) {
    buffer.putShort((short) entry.length).put(entry);
    count++;
  }

  /** The whole frame, ready to be written. */
  ByteBuffer finish(byte[] rootAfter) {
    buffer.putInt(COUNT_AT, count).putInt(COUNT_AT + 4, buffer.position() - Frame.HEAD);
    buffer.put(rootAfter);
    crc.reset();
    crc.update(buffer.duplicate().flip());
    buffer.putInt((int) crc.getValue());
    return buffer.flip();
  }
}
