package dev.chitin.audit.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** Small files that are replaced as a whole: after a crash the old content or the new is there. */
public final class DurableFile {
  private DurableFile() {}

  /** Returns when {@code content} stands in {@code target}, which has a parent, for good. */
  public static void replace(Storage storage, Path target, byte[] content) throws IOException {
    Path fresh = target.resolveSibling(target.getFileName() + ".tmp");
    storage.delete(fresh);
    try (LogFile file = storage.create(fresh)) {
      file.write(ByteBuffer.wrap(content), 0);
      file.force(true);
    }
    storage.rename(fresh, target);
    storage.syncDirectory(Objects.requireNonNull(target.getParent()));
  }

  /** The content, or empty when there is no such file; refuses more than {@code most} bytes. */
  public static Optional<byte[]> read(Path path, int most) throws IOException {
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    if (Files.size(path) > most) {
      throw new IOException(path.getFileName() + " is longer than " + most + " bytes");
    }
    return Optional.of(Files.readAllBytes(path));
  }
}
