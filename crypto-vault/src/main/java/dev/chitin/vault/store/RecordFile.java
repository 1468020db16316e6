package dev.chitin.vault.store;

import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.crypto.Wire;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * One version of one secret on disk: its data key sealed under the keyring, and its value sealed
 * under the data key. {@code "CHVR" ‖ u8 format = 1 ‖ box(data key) ‖ box(value)}.
 *
 * @param dataKey box of 32 bytes
 * @param value box of the secret
 */
@SuppressWarnings("ArrayRecordComponent") // written, read and never compared
public record RecordFile(byte[] dataKey, byte[] value) {
  private static final byte[] HEAD = "CHVR\u0001".getBytes(StandardCharsets.US_ASCII);
  private static final int DATA_KEY_BOX = CryptoEngine.KEY_BYTES + Box.OVERHEAD;

  /** Longest record, in bytes. */
  public static final int MAX_BYTES =
      HEAD.length + DATA_KEY_BOX + Box.OVERHEAD + SecretBytes.MAX_BYTES;

  public byte[] bytes() {
    return new Wire().raw(HEAD).raw(dataKey).raw(value).bytes();
  }

  /** How long the secret is. */
  public int secretLength() {
    return Box.contentLength(value.length);
  }

  /** Reads what {@link #bytes} writes; nothing when it has another shape. */
  public static Optional<RecordFile> parse(byte[] bytes) {
    int valueAt = HEAD.length + DATA_KEY_BOX;
    if (bytes.length <= valueAt + Box.OVERHEAD
        || bytes.length > MAX_BYTES
        || !Arrays.equals(bytes, 0, HEAD.length, HEAD, 0, HEAD.length)) {
      return Optional.empty();
    }
    return Optional.of(
        new RecordFile(
            Arrays.copyOfRange(bytes, HEAD.length, valueAt),
            Arrays.copyOfRange(bytes, valueAt, bytes.length)));
  }
}
