package dev.chitin.audit.log;

import dev.chitin.audit.tree.HashReader;
import dev.chitin.audit.tree.TileBuilder;
import dev.chitin.audit.tree.TreeHash;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes the hashes of the tree: one file for each level of tiles, 32 bytes a hash, each file the
 * concatenation of its tiles. A partial tile is a prefix of the full one, so every width can be cut
 * from them.
 *
 * <p>They are derived from the entries and written behind them. What {@link #sync} made durable is
 * named in a file of its own; what lies beyond is written again after a start. After an {@link
 * IOException} an object is of no more use: open another. Used by one thread.
 */
final class HashFiles implements Closeable {
  private static final int BUFFER = 1 << 16;

  private final Storage storage;
  private final LogDirectory directory;
  private final @Nullable LogFile[] files = new @Nullable LogFile[TileBuilder.LEVELS];
  private final ByteBuffer leaves = ByteBuffer.allocateDirect(BUFFER);
  private final ByteBuffer single = ByteBuffer.allocateDirect(TreeHash.BYTES);
  private final TileBuilder builder;
  private long synced;

  private HashFiles(Storage storage, LogDirectory directory, long size, HashReader stored)
      throws IOException {
    this.storage = storage;
    this.directory = directory;
    this.synced = size;
    this.builder = TileBuilder.resume(size, stored, this::accept);
  }

  /** Opens what is durable of them, at most up to {@code size} leaves. */
  static HashFiles open(Storage storage, LogDirectory directory, long size) throws IOException {
    try (var stored = new HashFileReader(directory)) {
      long known = Math.min(size, synced(directory));
      for (int level = 0; level < TileBuilder.LEVELS; level++) {
        if (stored.count(level) < known >>> (8 * level)) {
          known = 0;
        }
      }
      return new HashFiles(storage, directory, known, stored);
    }
  }

  /** Begins anew, from no leaf on. */
  static HashFiles empty(Storage storage, LogDirectory directory) throws IOException {
    storage.delete(directory.hashesSynced());
    storage.syncDirectory(directory.path());
    return open(storage, directory, 0);
  }

  /** How many leaves the files have for certain. */
  static long synced(LogDirectory directory) throws IOException {
    return DurableFile.read(directory.hashesSynced(), 32)
        .map(text -> new String(text, StandardCharsets.US_ASCII).strip())
        .filter(text -> text.matches("[0-9]{1,18}"))
        .map(Long::parseLong)
        .orElse(0L);
  }

  /** How many leaves there are. */
  long size() {
    return builder.size();
  }

  /** Adds leaves {@code [from, to)} of the array. */
  void append(byte[] hashes, int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      builder.add(Arrays.copyOfRange(hashes, i * TreeHash.BYTES, (i + 1) * TreeHash.BYTES));
    }
    flush();
  }

  private void accept(int level, long index, byte[] hash) throws IOException {
    if (level > 0) {
      file(level).write(single.clear().put(hash).flip(), index * TreeHash.BYTES);
      return;
    }
    leaves.put(hash);
    if (!leaves.hasRemaining()) {
      flush(index + 1);
    }
  }

  private void flush() throws IOException {
    flush(builder.size());
  }

  private void flush(long end) throws IOException {
    if (leaves.position() > 0) {
      long at = end * TreeHash.BYTES - leaves.position();
      file(0).write(leaves.flip(), at);
      leaves.clear();
    }
  }

  private LogFile file(int level) throws IOException {
    LogFile file = files[level];
    if (file == null) {
      boolean there = Files.exists(directory.hashes(level));
      file =
          there ? storage.open(directory.hashes(level)) : storage.create(directory.hashes(level));
      files[level] = file;
    }
    return file;
  }

  /** Makes all of it durable, and says so. */
  void sync() throws IOException {
    if (size() == synced) {
      return;
    }
    for (LogFile file : files) {
      if (file != null) {
        file.force(true);
      }
    }
    byte[] text = (size() + "\n").getBytes(StandardCharsets.US_ASCII);
    DurableFile.replace(storage, directory.hashesSynced(), text);
    synced = size();
  }

  @Override
  public void close() throws IOException {
    for (LogFile file : files) {
      if (file != null) {
        file.close();
      }
    }
  }
}
