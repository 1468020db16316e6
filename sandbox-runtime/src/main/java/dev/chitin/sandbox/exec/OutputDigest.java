package dev.chitin.sandbox.exec;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.backend.Outcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The digest of what a run gave back: SHA-256 over the 8-byte big-endian length and bytes of
 * stdout, of stderr, and of the canonical JSON of the structured output (empty when there is none);
 * then, for each declared output in the order of the plan, of its name, of {@code content} or
 * {@code refused}, and of its bytes or the reason.
 */
final class OutputDigest {
  private OutputDigest() {}

  static Digest of(Outcome outcome) {
    List<byte[]> parts = new ArrayList<>();
    add(parts, outcome.stdout().borrow());
    add(parts, outcome.stderr().borrow());
    add(parts, outcome.output() == null ? new byte[0] : CanonicalJson.bytes(outcome.output()));
    for (OutputFile file : outcome.files()) {
      add(parts, file.name().getBytes(StandardCharsets.UTF_8));
      switch (file) {
        case OutputFile.Content content -> {
          add(parts, "content".getBytes(StandardCharsets.UTF_8));
          add(parts, content.bytes().borrow());
        }
        case OutputFile.Refused refused -> {
          add(parts, "refused".getBytes(StandardCharsets.UTF_8));
          add(parts, refused.reason().getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    return Digest.of(parts.toArray(byte[][]::new));
  }

  private static void add(List<byte[]> parts, byte[] bytes) {
    parts.add(ByteBuffer.allocate(8).putLong(bytes.length).array());
    parts.add(bytes);
  }
}
