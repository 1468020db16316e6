package dev.chitin.audit;

import dev.chitin.audit.log.DiskStorage;
import dev.chitin.audit.log.LogFile;
import dev.chitin.audit.log.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A disk that stalls, fails or lies when told to. */
final class FaultyStorage implements Storage {
  private final DiskStorage disk = new DiskStorage();
  private volatile @Nullable IOException onWrite;
  private volatile @Nullable IOException onForce;
  private volatile @Nullable IOException onCreate;
  private volatile @Nullable IOException onHashes;
  private volatile @Nullable IOException onRename;
  private volatile String renamed = "";
  private volatile boolean dropWrites;
  private volatile @Nullable CountDownLatch stall;
  private volatile @Nullable Thread forcer;
  private final Semaphore stalled = new Semaphore(0);
  private final Semaphore segments = new Semaphore(0);

  void failWrites(String why) {
    onWrite = new IOException(why);
  }

  void failForces(String why) {
    onForce = new IOException(why);
  }

  void failCreation(String why) {
    onCreate = new IOException(why);
  }

  /** Writes to the hash files of the tree fail. */
  void failHashes(String why) {
    onHashes = new IOException(why);
  }

  /** Nothing is renamed to {@code target} any more. */
  void failRenames(String target, String why) {
    renamed = target;
    onRename = new IOException(why);
  }

  void mend() {
    onHashes = null;
    onRename = null;
    onWrite = null;
    onForce = null;
    onCreate = null;
  }

  void dropWrites() {
    dropWrites = true;
  }

  /** From now on a sync of the log's writer does not return before {@link #resume}. */
  void stall() {
    stall = new CountDownLatch(1);
  }

  /** Returns when a sync stands still. */
  void awaitStalled() {
    try {
      if (!stalled.tryAcquire(30, TimeUnit.SECONDS)) {
        throw new AssertionError("no sync within 30 s");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Segments that were made since it was asked last. */
  int takeSegments() {
    return segments.drainPermits();
  }

  /** Returns when one more segment is made. */
  void awaitSegment() {
    try {
      if (!segments.tryAcquire(30, TimeUnit.SECONDS)) {
        throw new AssertionError("no segment within 30 s");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  void resume() {
    CountDownLatch latch = stall;
    stall = null;
    if (latch != null) {
      latch.countDown();
    }
  }

  /** The log's writer, once it has synced. */
  @Nullable Thread forcer() {
    return forcer;
  }

  @Override
  public LogFile create(Path path) throws IOException {
    boolean segment = path.endsWith("spare.tmp");
    raise(segment ? onCreate : null);
    segments.release(segment ? 1 : 0);
    return faulty(disk.create(path), path);
  }

  @Override
  public LogFile open(Path path) throws IOException {
    return faulty(disk.open(path), path);
  }

  private Faulty faulty(LogFile file, Path path) {
    boolean hashes = String.valueOf(path.getFileName()).startsWith("hashes-");
    return new Faulty(file, !path.endsWith("durable"), hashes);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    raise(to.endsWith(renamed) ? onRename : null);
    disk.rename(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    disk.delete(path);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    disk.syncDirectory(directory);
  }

  private static void raise(@Nullable IOException fault) throws IOException {
    if (fault != null) {
      throw fault;
    }
  }

  private final class Faulty implements LogFile {
    private final LogFile file;
    private final boolean log;
    private final boolean hashes;

    Faulty(LogFile file, boolean log, boolean hashes) {
      this.hashes = hashes;
      this.file = file;
      this.log = log;
    }

    @Override
    public void write(ByteBuffer bytes, long position) throws IOException {
      raise(log ? onWrite : null);
      raise(hashes ? onHashes : null);
      if (!dropWrites) {
        file.write(bytes, position);
      }
    }

    @Override
    public void force(boolean metadata) throws IOException {
      raise(onForce);
      CountDownLatch latch = stall;
      boolean writer = Thread.currentThread().getName().equals("chitin-audit-writer");
      if (writer) {
        forcer = Thread.currentThread();
      }
      if (writer && latch != null) {
        stalled.release();
        awaitUninterruptibly(latch);
      }
      file.force(metadata);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
