package dev.chitin.audit.log;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.tree.TileAddress;
import dev.chitin.audit.tree.TreeHash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Copies entries that are about to be pruned into another directory: whole bundles in the static
 * layout of C2SP tlog-tiles ({@code tile/entries/…}). Each file is synced, read back, and held
 * against the log's own hashes before it counts. Blocks.
 */
final class Archive {
  private final Path log;
  private final Path target;
  private final TreeHash hash = new TreeHash();

  Archive(Path log, Path target) {
    this.log = log;
    this.target = target;
  }

  /**
   * Copies the entries {@code [from, to)}, both multiples of 256; what is there already is
   * replaced.
   *
   * @throws IOException when a bundle cannot be written, or does not read back as what the log's
   *     hashes are of
   */
  void copy(long from, long to) throws IOException, LogDamage {
    var reader = new EntryReader(log);
    try (var hashes = new HashFileReader(log)) {
      for (long first = from; first < to; first += Minimum.UNIT) {
        List<LogEntry> entries = reader.read(first, Minimum.UNIT, to);
        if (entries.size() < Minimum.UNIT || entries.getFirst().index() != first) {
          throw new IOException("entry " + first + " is not in the log");
        }
        Path file = target.resolve(TileAddress.holding(TileAddress.ENTRIES, first, to).path());
        write(file, bundle(entries));
        verify(file, hashes.read(0, first, Minimum.UNIT));
      }
    }
  }

  private static byte[] bundle(List<LogEntry> entries) {
    var out = new ByteArrayOutputStream(1 << 16);
    for (LogEntry entry : entries) {
      byte[] json = entry.json().borrow();
      out.write(json.length >>> 8);
      out.write(json.length);
      out.writeBytes(json);
    }
    return out.toByteArray();
  }

  private static void write(Path file, byte[] content) throws IOException {
    Path parent = Objects.requireNonNull(file.getParent());
    Files.createDirectories(parent);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    for (Path made = parent; made != null && Files.isWritable(made); made = made.getParent()) {
      try (FileChannel directory = FileChannel.open(made, StandardOpenOption.READ)) {
        directory.force(true);
      }
    }
  }

  private void verify(Path file, byte[] hashes) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file));
    for (int at = 0; at < hashes.length; at += TreeHash.BYTES) {
      int length = in.remaining() < 2 ? -1 : Short.toUnsignedInt(in.getShort());
      if (length < 1 || length > in.remaining()) {
        throw unlike(file);
      }
      byte[] entry = new byte[length];
      in.get(entry);
      byte[] known = Arrays.copyOfRange(hashes, at, at + TreeHash.BYTES);
      if (!Arrays.equals(hash.leaf(entry), known)) {
        throw unlike(file);
      }
    }
    if (in.hasRemaining()) {
      throw unlike(file);
    }
  }

  private static IOException unlike(Path file) {
    return new IOException("the archived " + file + " does not hold the log's entries");
  }
}
