package dev.chitin.audit;

import dev.chitin.audit.log.Verification;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Checks a whole log from its files: each checksum, the order of entries, and the chain of tree
 * roots, with every entry hashed again (RFC 6962).
 *
 * <p>Takes no lock, needs no key and changes nothing, so it works on a copy, and while another
 * process writes. It shows that the log is consistent with itself. That nobody replaced it by
 * another consistent log takes a signed checkpoint to compare with.
 */
public final class LogVerifier {
  private LogVerifier() {}

  /**
   * Walks the log in {@code directory}; blocks, for seconds when the log is large.
   *
   * @throws IOException when the files cannot be read
   */
  public static LogVerification verify(Path directory) throws IOException {
    return Verification.of(directory);
  }
}
