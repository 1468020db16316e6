package dev.chitin.vault.scrub;

import dev.chitin.vault.memory.SecretMemory;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Takes secrets out of what comes back from where they were sent: as they are, in hex, base64 and
 * base64url at all three alignments, percent-encoded, and escaped as in JSON. Streams are looked
 * through across the borders of their pieces. Until {@link #close()} the secrets lie in secret
 * memory. Used by one thread at a time.
 *
 * <p>Not covered: a server that sends a secret back transformed in another way or in parts.
 */
public final class Scrubber implements AutoCloseable {
  /** Length of the shortest secret that can be searched for, in bytes. */
  public static final int SHORTEST = Patterns.WINDOW;

  private static final byte[] MARK = "[chitin:redacted]".getBytes(StandardCharsets.US_ASCII);

  private final Arena arena = Arena.ofShared();
  private final MemorySegment key = Patterns.newKey(arena);
  private Patterns patterns = Patterns.none(key);
  private boolean empty = true;
  private boolean possible = true;
  private long longest;
  private long found;

  /** Looks for {@code secret} as well; copies it. */
  public void add(MemorySegment secret) {
    MemorySegment copy = SecretMemory.allocate(arena, secret.byteSize());
    MemorySegment.copy(secret, 0, copy, 0, secret.byteSize());
    empty = false;
    possible &= secret.byteSize() >= SHORTEST;
    // The longest form writes six bytes for one.
    longest = Math.max(longest, 6 * secret.byteSize());
    patterns = patterns.with(copy);
  }

  /** Whether there is anything to look for. */
  public boolean isEmpty() {
    return empty;
  }

  /** Whether every secret is long enough to be searched for. */
  public boolean possible() {
    return possible;
  }

  /** How many were found so far. */
  public long found() {
    return found;
  }

  /** {@code text}, which is whole, without the secrets. */
  public byte[] whole(byte[] text) {
    Stream stream = stream();
    try {
      stream.add(MemorySegment.ofArray(text));
      return stream.end(false);
    } finally {
      stream.close();
    }
  }

  /** Begins a text that comes in pieces. */
  public Stream stream() {
    return new Stream();
  }

  /** A text that comes in pieces; what is held back of it lies in secret memory. */
  public final class Stream implements AutoCloseable {
    private final Arena room = Arena.ofShared();
    private final MemorySegment held = SecretMemory.allocate(room, Math.max(longest, SHORTEST));
    private final ByteArrayOutputStream clean = new ByteArrayOutputStream();
    private long holding;

    /** How many clean bytes there are so far. */
    public int length() {
      return clean.size();
    }

    /** Adds a piece, which its owner wipes. */
    public void add(MemorySegment piece) {
      long end = holding + piece.byteSize();
      long begun = holding;
      Text text =
          i ->
              i < begun
                  ? held.get(ValueLayout.JAVA_BYTE, i)
                  : piece.get(ValueLayout.JAVA_BYTE, i - begun);
      long done = 0;
      Patterns.Hit hit = patterns.find(text, done, end);
      while (hit != null && hit.whole()) {
        copy(text, done, hit.from());
        mark();
        done = hit.to();
        hit = patterns.find(text, done, end);
      }
      long keepFrom = hit == null ? Math.max(done, end - SHORTEST + 1) : hit.from();
      copy(text, done, keepFrom);
      hold(text, keepFrom, end);
    }

    private void hold(Text text, long from, long end) {
      for (long i = from; i < end; i++) {
        held.set(ValueLayout.JAVA_BYTE, i - from, text.at(i));
      }
      long kept = end - from;
      if (kept < holding) {
        held.asSlice(kept, holding - kept).fill((byte) 0);
      }
      holding = kept;
    }

    private void copy(Text text, long from, long end) {
      for (long i = from; i < end; i++) {
        clean.write(text.at(i));
      }
    }

    private void mark() {
      clean.writeBytes(MARK);
      found++;
    }

    /**
     * What is clean so far, and lets go of it. Of the text's end no more is held back than what a
     * secret may begin with, which is nothing at the end of a line: a reader does not wait.
     */
    public byte[] take() {
      if (holding < SHORTEST) {
        Text text = i -> held.get(ValueLayout.JAVA_BYTE, i);
        long free = holding - patterns.begunAtEnd(text, 0, holding);
        copy(text, 0, free);
        hold(text, free, holding);
      }
      byte[] taken = clean.toByteArray();
      clean.reset();
      return taken;
    }

    /**
     * The clean text that was not {@linkplain #take taken} yet.
     *
     * @param cut whether there was more of it that did not come here: then a secret that has only
     *     begun is taken out however little there is of it
     */
    public byte[] end(boolean cut) {
      Text text = i -> held.get(ValueLayout.JAVA_BYTE, i);
      if (holding >= SHORTEST) {
        // It was held back because a secret begins there and does not end.
        mark();
      } else {
        long begun = cut ? patterns.begunAtEnd(text, 0, holding) : 0;
        copy(text, 0, holding - begun);
        if (begun > 0) {
          mark();
        }
      }
      held.fill((byte) 0);
      holding = 0;
      return clean.toByteArray();
    }

    @Override
    public void close() {
      if (room.scope().isAlive()) {
        room.close();
      }
    }
  }

  /** Wipes what was looked for. A second call does nothing. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  @Override
  public String toString() {
    return "Scrubber[redacted]";
  }
}
