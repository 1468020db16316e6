package dev.chitin.vault;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A secret that arrives in pieces, of no more than {@link SecretBytes#MAX_BYTES}. Bytes go in and
 * none come out: who reads a secret from the network needs no {@link SecretAccess}. Not safe for
 * use from several threads at once.
 */
public final class SecretInput implements AutoCloseable {
  private final SecretBytes room = SecretBytes.allocate(SecretBytes.MAX_BYTES);
  private long length;

  /**
   * Adds {@code piece}, which its owner wipes.
   *
   * @throws dev.chitin.bus.ChitinException {@code request.too_large}; what came before is kept
   *     until {@link #close()}
   */
  public void add(MemorySegment piece) {
    if (piece.byteSize() > SecretBytes.MAX_BYTES - length) {
      throw tooLong();
    }
    MemorySegment.copy(piece, 0, room.segment(), length, piece.byteSize());
    length += piece.byteSize();
  }

  /** Adds one byte; refuses as {@link #add(MemorySegment)} does. */
  public void add(byte one) {
    if (length == SecretBytes.MAX_BYTES) {
      throw tooLong();
    }
    room.segment().set(ValueLayout.JAVA_BYTE, length++, one);
  }

  public long length() {
    return length;
  }

  /** What has arrived, in memory of its own length; whoever gets it closes it. */
  public SecretBytes finish() {
    return SecretBytes.copyOf(room.segment().asSlice(0, length));
  }

  /** Wipes what has arrived. */
  @Override
  public void close() {
    room.close();
  }

  @Override
  public String toString() {
    return "SecretInput[redacted]";
  }

  private static RuntimeException tooLong() {
    return Problem.of(
            ProblemCode.REQUEST_TOO_LARGE,
            "A secret has at most " + SecretBytes.MAX_BYTES + " bytes.")
        .withRule("secret.length")
        .withHint("Store a shorter value.")
        .toException();
  }
}
