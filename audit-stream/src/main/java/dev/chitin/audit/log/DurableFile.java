package dev.chitin.audit.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Small files that are replaced as a whole: after a crash the old content or the new is there. */
final class DurableFile {
  private DurableFile() {}

  /** Returns when {@code content} stands in {@code target} for good. */
  static void replace(Storage storage, LogDirectory directory, Path target, byte[] content)
      throws IOException {
    Path fresh = target.resolveSibling(target.getFileName() + ".tmp");
    storage.delete(fresh);
    try (LogFile file = storage.create(fresh)) {
      file.write(ByteBuffer.wrap(content), 0);
      file.force(true);
    }
    storage.rename(fresh, target);
    storage.syncDirectory(directory.path());
  }

  /** The content, or empty when there is no such file; refuses more than {@code most} bytes. */
  static Optional<byte[]> read(Path path, int most) throws IOException {
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    if (Files.size(path) > most) {
      throw new IOException(path.getFileName() + " is longer than " + most + " bytes");
    }
    return Optional.of(Files.readAllBytes(path));
  }
}
