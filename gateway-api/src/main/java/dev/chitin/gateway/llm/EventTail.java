package dev.chitin.gateway.llm;

import java.io.ByteArrayOutputStream;

/**
 * Holds the last event of a stream back until it is whole (WHATWG HTML, section 9.2: an empty line
 * ends it), since nobody can use a part of one, and a stream that breaks off within an event could
 * not say so: what came of it would be taken for its beginning. An event of more than {@value
 * #MOST} bytes passes in pieces.
 */
final class EventTail {
  private static final int MOST = 64 * 1024;

  private static final byte[] NOTHING = new byte[0];

  private final ByteArrayOutputStream held = new ByteArrayOutputStream();
  private boolean atLineStart = true;
  private boolean afterReturn;
  private boolean cut;

  /** Takes a piece as it came; gives what of all that is held may pass, perhaps nothing. */
  byte[] take(byte[] piece) {
    int whole = wholeEvents(piece);
    int open = whole == 0 ? held.size() + piece.length : piece.length - whole;
    cut = open > MOST || (cut && whole == 0);
    int passing = cut ? piece.length : whole;
    if (passing == piece.length && held.size() == 0) {
      return piece;
    }
    held.write(piece, 0, passing);
    byte[] passed = passing == 0 ? NOTHING : held.toByteArray();
    if (passing > 0) {
      held.reset();
    }
    held.write(piece, passing, piece.length - passing);
    return passed;
  }

  /** Bytes up to behind the last empty line; 0 when there is none. */
  private int wholeEvents(byte[] piece) {
    int whole = 0;
    for (int i = 0; i < piece.length; i++) {
      byte unit = piece[i];
      if (unit == '\n' && afterReturn) {
        afterReturn = false; // The second half of a line's end.
        whole = whole == i ? i + 1 : whole;
        continue;
      }
      afterReturn = unit == '\r';
      boolean end = unit == '\n' || unit == '\r';
      whole = end && atLineStart ? i + 1 : whole;
      atLineStart = end;
    }
    return whole;
  }

  /** What is held still. */
  byte[] rest() {
    return held.toByteArray();
  }

  /** Whether a part of an event has passed, and not its end. */
  boolean isCut() {
    return cut;
  }
}
