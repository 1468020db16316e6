package dev.chitin.audit;

import dev.chitin.audit.log.DiskStorage;
import dev.chitin.audit.log.LogFile;
import dev.chitin.audit.log.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** A disk on which a process makes so many changes and is killed then. */
record CrashingStorage(AtomicInteger made, int survive) implements Storage {
  private static final Storage DISK = new DiskStorage();

  private void step() throws IOException {
    if (made.getAndIncrement() >= survive) {
      throw new IOException("crash");
    }
  }

  @Override
  public LogFile create(Path path) throws IOException {
    step();
    return DISK.create(path);
  }

  @Override
  public LogFile open(Path path) throws IOException {
    step();
    return DISK.open(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    step();
    DISK.rename(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    step();
    DISK.delete(path);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    step();
    DISK.syncDirectory(directory);
  }
}
