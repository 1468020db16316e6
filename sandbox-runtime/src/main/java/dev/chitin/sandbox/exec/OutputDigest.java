package dev.chitin.sandbox.exec;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.sandbox.backend.Outcome;
import java.nio.ByteBuffer;

/**
 * The digest of what a run gave back: SHA-256 over the 8-byte big-endian length and bytes of
 * stdout, of stderr, and of the canonical JSON of the structured output (empty when there is none).
 */
final class OutputDigest {
  private OutputDigest() {}

  static Digest of(Outcome outcome) {
    byte[] output = outcome.output() == null ? new byte[0] : CanonicalJson.bytes(outcome.output());
    byte[] stdout = outcome.stdout().borrow();
    byte[] stderr = outcome.stderr().borrow();
    return Digest.of(length(stdout), stdout, length(stderr), stderr, length(output), output);
  }

  private static byte[] length(byte[] bytes) {
    return ByteBuffer.allocate(8).putLong(bytes.length).array();
  }
}
