package dev.chitin.audit;

import dev.chitin.audit.log.ExportVerification;
import dev.chitin.audit.log.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Checks a whole log from its files or from an export: each checksum, the order of entries, the
 * chain of tree roots with every entry hashed again (RFC 6962), the hashes of all tiles, and the
 * signed checkpoint.
 *
 * <p>Takes no lock, needs no secret and changes nothing, so it works on a copy, and while another
 * process writes. Without a key from elsewhere it shows that the log is consistent with itself;
 * with the key, that the log's owner signed this tree; with an earlier checkpoint as well, that
 * nothing was taken away or replaced since.
 */
public final class LogVerifier {
  private LogVerifier() {}

  /** Walks the log in {@code directory}, with nothing known from elsewhere. */
  public static LogVerification verify(Path directory) throws IOException {
    return verify(directory, Expectations.NONE);
  }

  /**
   * Walks the log or the export in {@code directory}; blocks, for seconds when it is large.
   *
   * @throws IOException when the files cannot be read
   */
  public static LogVerification verify(Path directory, Expectations expected) throws IOException {
    return Files.isDirectory(directory.resolve("tile"))
        ? ExportVerification.of(directory, expected)
        : Verification.of(directory, expected);
  }
}
