package dev.chitin.vault.memory;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.util.internal.CleanableDirectBuffer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Gives Netty buffers outside the heap whose memory is overwritten with zeros when they are
 * released and when they grow out of it: for connections on which a secret may travel. Who asks for
 * a heap buffer gets one outside the heap as well, because the garbage collector copies arrays and
 * wipes none of the copies; nothing in the pipelines of such connections looks at arrays.
 *
 * <p>Wiped blocks of up to 64 KiB are used again, a bounded number of each size. A buffer that is
 * never released is the garbage collector's, as any direct {@link ByteBuffer}; whoever reads a
 * secret out of one releases it. Safe for use from any thread.
 */
public class ZeroingAllocator extends AbstractByteBufAllocator {
  private static final int SMALLEST = 256;
  private static final int SIZES = 9;
  private static final int KEPT_OF_EACH = 32;

  private final List<BlockingQueue<ByteBuffer>> free = new ArrayList<>();

  public ZeroingAllocator() {
    super(true);
    for (int i = 0; i < SIZES; i++) {
      free.add(new ArrayBlockingQueue<>(KEPT_OF_EACH));
    }
  }

  /** Wipes and releases {@code buffer} when it is one of a zeroing allocator. */
  public static void finish(ByteBuf buffer) {
    if (buffer.alloc() instanceof ZeroingAllocator && buffer.refCnt() > 0) {
      buffer.setZero(0, buffer.capacity());
      buffer.release();
    }
  }

  /** The same for a piece that Vert.x handed over, after which it must not be used. */
  public static void finish(Buffer piece) {
    finish(((BufferInternal) piece).unwrap());
  }

  @Override
  public boolean isDirectBufferPooled() {
    return false;
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    return new Zeroed(this, take(initialCapacity), maxCapacity);
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return newDirectBuffer(initialCapacity, maxCapacity);
  }

  /** The list of blocks of at least that many bytes; {@link #SIZES} when they are not kept. */
  private static int sizeOf(int capacity) {
    return Math.min(
        SIZES, 32 - Integer.numberOfLeadingZeros((Math.max(capacity, 1) - 1) / SMALLEST));
  }

  private Block take(int capacity) {
    int size = sizeOf(capacity);
    ByteBuffer whole = size == SIZES ? null : free.get(size).poll();
    if (whole == null) {
      whole = ByteBuffer.allocateDirect(size == SIZES ? capacity : SMALLEST << size);
    }
    return new Block(this, size, whole, whole.slice(0, capacity));
  }

  /** Sees each block after its wipe; for who wants to look at it. */
  protected void wiped(ByteBuffer block) {}

  private void give(int size, ByteBuffer whole) {
    wipe(whole);
    wiped(whole);
    if (size < SIZES) {
      // When the list is full the block is the garbage collector's.
      free.get(size).offer(whole);
    }
  }

  private static void wipe(ByteBuffer buffer) {
    ByteBuffer all = buffer.duplicate();
    all.clear();
    while (all.remaining() >= Long.BYTES) {
      all.putLong(0);
    }
    while (all.hasRemaining()) {
      all.put((byte) 0);
    }
  }

  /**
   * A direct buffer whose every block of memory is wiped before it is given back. Netty asks for
   * the first block past what can be overridden, so that one is taken and given back here.
   */
  private static final class Zeroed extends UnpooledDirectByteBuf {
    private final Block first;
    private boolean outgrown;

    Zeroed(ZeroingAllocator allocator, Block first, int maxCapacity) {
      super(allocator, first.buffer(), maxCapacity);
      this.first = first;
      writerIndex(0);
    }

    @Override
    protected CleanableDirectBuffer allocateDirectBuffer(int capacity) {
      return ((ZeroingAllocator) alloc()).take(capacity);
    }

    @Override
    public ByteBuf capacity(int newCapacity) {
      int before = capacity();
      super.capacity(newCapacity);
      if (newCapacity != before) {
        freeFirst();
      }
      return this;
    }

    @Override
    protected void deallocate() {
      super.deallocate();
      freeFirst();
    }

    private void freeFirst() {
      if (!outgrown) {
        outgrown = true;
        first.clean();
      }
    }
  }

  /** A block of memory that is wiped when it is given back. */
  private record Block(ZeroingAllocator allocator, int size, ByteBuffer whole, ByteBuffer buffer)
      implements CleanableDirectBuffer {
    @Override
    public void clean() {
      allocator.give(size, whole);
    }
  }
}
