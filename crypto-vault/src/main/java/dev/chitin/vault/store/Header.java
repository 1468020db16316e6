package dev.chitin.vault.store;

import dev.chitin.vault.crypto.Wire;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The one file of the vault that is not sealed: which vault this is, and its slot, in which the
 * root key lies sealed under the unlock key.
 *
 * <pre>
 * "CHVH" ‖ u16 format = 1 ‖ vault id[16] ‖ u16 slots = 1 ‖
 *   slot id[16] ‖ LP(method) ‖ LP(parameters) ‖ salt[32] ‖ LP(box)
 * </pre>
 *
 * @param vaultId 16 random bytes
 * @param slotId 16 random bytes
 * @param method {@code key-file}
 * @param parameters as stored; none for a key file
 * @param salt 32 random bytes
 * @param box the sealed root key
 */
@SuppressWarnings("ArrayRecordComponent") // written, read and never compared
public record Header(
    byte[] vaultId, byte[] slotId, String method, byte[] parameters, byte[] salt, byte[] box) {
  /** The unlock method of a slot that needs a key file. */
  public static final String KEY_FILE = "key-file";

  /** Longest header, in bytes. */
  public static final int MAX_BYTES = 4_096;

  private static final byte[] MAGIC = "CHVH".getBytes(StandardCharsets.US_ASCII);
  private static final int FORMAT = 1;
  private static final int MAX_FIELD = 1_024;

  public byte[] bytes() {
    return new Wire()
        .raw(MAGIC)
        .u8(FORMAT >> 8)
        .u8(FORMAT)
        .raw(vaultId)
        .u8(0)
        .u8(1)
        .raw(slotId)
        .prefixed(method)
        .prefixed(parameters)
        .raw(salt)
        .prefixed(box)
        .bytes();
  }

  /** Reads what {@link #bytes} writes; nothing when it has another shape. */
  public static Optional<Header> parse(byte[] bytes) {
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      boolean known = Arrays.equals(take(in, 4), MAGIC) && in.getShort() == FORMAT;
      byte[] vaultId = take(in, 16);
      if (!known || in.getShort() != 1) {
        return Optional.empty();
      }
      var header =
          new Header(
              vaultId,
              take(in, 16),
              new String(prefixed(in), StandardCharsets.UTF_8),
              prefixed(in),
              take(in, 32),
              prefixed(in));
      return in.hasRemaining() || !header.method().equals(KEY_FILE)
          ? Optional.empty()
          : Optional.of(header);
    } catch (BufferUnderflowException e) {
      return Optional.empty();
    }
  }

  private static byte[] prefixed(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > MAX_FIELD) {
      throw new BufferUnderflowException();
    }
    return take(in, length);
  }

  private static byte[] take(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
