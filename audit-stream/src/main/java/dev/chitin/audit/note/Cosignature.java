package dev.chitin.audit.note;

import dev.chitin.bus.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A witness's signature over a checkpoint and a time (C2SP tlog-cosignature, v1 with Ed25519): u64
 * big-endian POSIX seconds, then 64 bytes.
 *
 * @param time when the witness saw the checkpoint, POSIX seconds
 * @param signature over {@link #message}
 */
public record Cosignature(long time, Bytes signature) {

  /** What a witness signs. */
  public static byte[] message(long time, byte[] checkpointText) {
    byte[] head = ("cosignature/v1\ntime " + time + "\n").getBytes(StandardCharsets.US_ASCII);
    byte[] message = Arrays.copyOf(head, head.length + checkpointText.length);
    System.arraycopy(checkpointText, 0, message, head.length, checkpointText.length);
    return message;
  }

  /** Its form in a note. */
  public byte[] blob() {
    return ByteBuffer.allocate(Long.BYTES + signature.length())
        .putLong(time)
        .put(signature.borrow())
        .array();
  }

  static Optional<Cosignature> split(byte[] blob) {
    if (blob.length != Long.BYTES + Ed25519.SIGNATURE_BYTES) {
      return Optional.empty();
    }
    long time = ByteBuffer.wrap(blob).getLong();
    Bytes signature = Bytes.adopt(Arrays.copyOfRange(blob, Long.BYTES, blob.length));
    return time < 0 ? Optional.empty() : Optional.of(new Cosignature(time, signature));
  }
}
