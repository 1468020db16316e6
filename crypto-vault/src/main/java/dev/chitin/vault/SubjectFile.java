package dev.chitin.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The wrapped keys of subjects on disk: records of {@value #RECORD} bytes, one after the other,
 * that are appended and synced. What a crash left of the last one is cut. Destroying one writes the
 * file anew without it. Written by one thread; read by any.
 *
 * <pre>
 * record = lookup[16] ‖ key id[16] ‖ nonce[12] ‖ AES-256-GCM(sealing key[32] ‖ hashing key[32])[80]
 * </pre>
 */
final class SubjectFile implements AutoCloseable {
  static final int LOOKUP = 16;
  static final int KEY_ID = 16;
  static final int RECORD = 124;

  /** Most subjects at once. */
  static final int MAX = 65_536;

  private final Path path;
  private final Map<ByteBuffer, byte[]> byLookup = new ConcurrentHashMap<>();
  private final Map<ByteBuffer, byte[]> byKey = new ConcurrentHashMap<>();
  private FileChannel file;

  private SubjectFile(Path path, FileChannel file) {
    this.path = path;
    this.file = file;
  }

  /** Opens the file, which is made where there is none. */
  static SubjectFile open(Path path) throws IOException {
    boolean fresh = !Files.exists(path);
    var subjects = new SubjectFile(path, channel(path));
    try {
      subjects.load();
      if (fresh) {
        subjects.syncDirectory();
      }
      return subjects;
    } catch (IOException | RuntimeException e) {
      subjects.close();
      throw e;
    }
  }

  private static FileChannel channel(Path path) throws IOException {
    return FileChannel.open(
        path,
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  private void load() throws IOException {
    long whole = file.size() / RECORD;
    if (whole > MAX) {
      throw new IOException("more records than there can be");
    }
    ByteBuffer all = ByteBuffer.allocate((int) whole * RECORD);
    while (all.hasRemaining() && file.read(all, all.position()) >= 0) {
      // Until it is whole.
    }
    file.truncate(whole * RECORD);
    for (int i = 0; i < whole; i++) {
      byte[] entry = new byte[RECORD];
      all.get(i * RECORD, entry);
      remember(entry);
    }
  }

  private void remember(byte[] entry) {
    byLookup.put(ByteBuffer.wrap(entry, 0, LOOKUP).slice(), entry);
    byKey.put(ByteBuffer.wrap(entry, LOOKUP, KEY_ID).slice(), entry);
  }

  Optional<byte[]> byLookup(byte[] lookup) {
    return Optional.ofNullable(byLookup.get(ByteBuffer.wrap(lookup)));
  }

  Optional<byte[]> byKey(byte[] keyId) {
    return Optional.ofNullable(byKey.get(ByteBuffer.wrap(keyId)));
  }

  Collection<byte[]> all() {
    return byLookup.values();
  }

  boolean isFull() {
    return byLookup.size() >= MAX;
  }

  /** Adds a record; it counts once it is synced. */
  void append(byte[] entry) throws IOException {
    long end = (long) byLookup.size() * RECORD;
    write(file, entry, end);
    file.force(true);
    remember(entry);
  }

  /** Writes the file anew without the record of {@code lookup}; false when there is none. */
  boolean remove(byte[] lookup) throws IOException {
    byte[] gone = byLookup.get(ByteBuffer.wrap(lookup));
    if (gone == null) {
      return false;
    }
    Path next = path.resolveSibling(path.getFileName() + ".tmp");
    Files.deleteIfExists(next);
    FileChannel written = channel(next);
    try {
      long end = 0;
      for (byte[] entry : byLookup.values()) {
        if (!Arrays.equals(entry, gone)) {
          write(written, entry, end);
          end += RECORD;
        }
      }
      written.force(true);
      Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      written.close();
      throw e;
    }
    FileChannel old = file;
    file = written;
    byLookup.remove(ByteBuffer.wrap(lookup));
    byKey.remove(ByteBuffer.wrap(gone, LOOKUP, KEY_ID).slice());
    old.close();
    syncDirectory();
    return true;
  }

  private static void write(FileChannel to, byte[] entry, long at) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(entry);
    while (bytes.hasRemaining()) {
      to.write(bytes, at + bytes.position());
    }
  }

  private void syncDirectory() throws IOException {
    Path directory = path.toAbsolutePath().getParent();
    if (directory != null) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
