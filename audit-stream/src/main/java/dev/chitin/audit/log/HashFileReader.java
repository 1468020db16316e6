package dev.chitin.audit.log;

import dev.chitin.audit.tree.HashReader;
import dev.chitin.audit.tree.TileBuilder;
import dev.chitin.audit.tree.TreeHash;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Reads the hash files of a log, while it is written or not. Used by one thread at a time. */
public final class HashFileReader implements HashReader, Closeable {
  private final LogDirectory directory;
  private final @Nullable FileChannel[] files = new @Nullable FileChannel[TileBuilder.LEVELS];

  public HashFileReader(Path directory) {
    this(new LogDirectory(directory));
  }

  HashFileReader(LogDirectory directory) {
    this.directory = directory;
  }

  @Override
  public byte[] read(int level, long first, int count) throws IOException {
    int length = count * TreeHash.BYTES;
    ByteBuffer row = SegmentScanner.readAt(file(level), first * TreeHash.BYTES, length);
    if (row.remaining() < length) {
      throw new EOFException("level " + level + " has no hash " + (first + count - 1));
    }
    byte[] hashes = new byte[length];
    row.get(hashes);
    return hashes;
  }

  /** How many hashes the file of that level holds; 0 when there is none. */
  long count(int level) throws IOException {
    Path path = directory.hashes(level);
    return Files.exists(path) ? Files.size(path) / TreeHash.BYTES : 0;
  }

  private FileChannel file(int level) throws IOException {
    FileChannel file = files[level];
    if (file == null) {
      file = FileChannel.open(directory.hashes(level), StandardOpenOption.READ);
      files[level] = file;
    }
    return file;
  }

  @Override
  public void close() throws IOException {
    for (FileChannel file : files) {
      if (file != null) {
        file.close();
      }
    }
  }
}
