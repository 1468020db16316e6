package dev.chitin.it.bench;

import dev.chitin.bus.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** The least that durable appends can cost: one thread writes what has gathered and syncs once. */
final class RawGroupCommit implements AutoCloseable {
  private static final long SIZE = 64L << 20;
  private static final int MOST = 1_000;

  private record Append(Bytes record, CountDownLatch durable) {}

  private final FileChannel channel;
  private final BlockingQueue<Append> queue = new LinkedBlockingQueue<>();
  private final Thread writer;

  RawGroupCommit(Path file) throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.WRITE);
    ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
    while (channel.size() < SIZE) {
      channel.write(zeros.clear(), channel.size());
    }
    channel.force(true);
    writer = Thread.ofPlatform().name("raw-writer").start(this::write);
  }

  /** Returns when {@code record} is on disk. */
  Object append(byte[] record) throws InterruptedException {
    var append = new Append(Bytes.adopt(record), new CountDownLatch(1));
    queue.put(append);
    append.durable().await();
    return append;
  }

  private void write() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    List<Append> batch = new ArrayList<>();
    long position = 0;
    try {
      while (true) {
        batch.clear();
        batch.add(queue.take());
        queue.drainTo(batch, MOST);
        buffer.clear();
        batch.forEach(append -> buffer.put(append.record().borrow()));
        buffer.flip();
        if (position + buffer.remaining() > SIZE) {
          position = 0;
        }
        position += channel.write(buffer, position);
        channel.force(false);
        batch.forEach(append -> append.durable().countDown());
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws IOException {
    writer.interrupt();
    channel.close();
  }
}
