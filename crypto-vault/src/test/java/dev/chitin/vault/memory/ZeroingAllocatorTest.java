package dev.chitin.vault.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ZeroingAllocatorTest {
  private final List<Integer> blocks = new ArrayList<>();
  private final ZeroingAllocator allocator =
      new ZeroingAllocator() {
        @Override
        protected void wiped(ByteBuffer block) {
          byte[] left = new byte[block.capacity()];
          block.duplicate().clear().get(left);
          assertThat(left).containsOnly(0);
          blocks.add(left.length);
        }
      };

  @Test
  void everyBlockIsWipedWhenItIsReleasedAndWhenABufferOutgrowsIt() {
    for (boolean heap : new boolean[] {false, true}) {
      ByteBuf buffer = heap ? allocator.heapBuffer(16) : allocator.buffer(16);
      assertThat(buffer.hasArray()).isFalse();
      buffer.writeBytes("fake-secret-0001".getBytes(StandardCharsets.US_ASCII));
      buffer.writeBytes(new byte[1_000]);
      buffer.writeBytes(new byte[100_000]);
      assertThat(buffer.toString(0, 16, StandardCharsets.US_ASCII)).isEqualTo("fake-secret-0001");
      buffer.release();
    }
    assertThat(blocks).hasSize(6);
  }

  @Test
  void aSliceKeepsItsMemoryUntilTheLastOwnerLetsGo() {
    ByteBuf buffer = allocator.buffer(300);
    buffer.writeBytes(new byte[300]);
    ByteBuf slice = buffer.readRetainedSlice(10);
    buffer.release();
    assertThat(blocks).isEmpty();
    ZeroingAllocator.finish(slice);
    assertThat(blocks).containsExactly(512);
  }

  @Test
  void blocksAreUsedAgainAndNoTwoBuffersShareOne() {
    List<ByteBuf> buffers = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 100; i++) {
        ByteBuf buffer = allocator.buffer(i * 40 + 1);
        assertThat(buffer.capacity()).isEqualTo(i * 40 + 1);
        buffer.setZero(0, buffer.capacity());
        buffer.writeByte(i);
        buffers.add(buffer);
      }
      for (int i = 0; i < 100; i++) {
        assertThat(buffers.get(i).readByte()).isEqualTo((byte) i);
        buffers.get(i).release();
      }
      buffers.clear();
    }
    assertThat(blocks).hasSize(300);
  }
}
