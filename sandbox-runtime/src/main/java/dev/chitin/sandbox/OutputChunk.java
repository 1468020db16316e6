package dev.chitin.sandbox;

import dev.chitin.bus.Bytes;

/**
 * A piece of a tool's output. The receiver answers each piece; with {@value #WINDOW} unanswered
 * ones the tool's pipe is no longer read, so that a slow reader slows the tool instead of filling
 * memory.
 *
 * @param stream which stream
 * @param bytes at most 64 KiB
 */
public record OutputChunk(Stream stream, Bytes bytes) {
  /** Most unanswered pieces of one call. */
  public static final int WINDOW = 8;

  /** The empty piece that says that the tool may run from now on. */
  public static OutputChunk started() {
    return new OutputChunk(Stream.STDOUT, Bytes.EMPTY);
  }

  /** The two output streams. */
  public enum Stream {
    STDOUT,
    STDERR
  }

  /** The answer to a piece. */
  public record Ack() {
    public static final Ack VALUE = new Ack();
  }
}
