package dev.chitin.gateway.llm;

import dev.chitin.bus.Needle;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Listens to an answer that passes by and finds what it cost. Of a stream of events (WHATWG HTML,
 * section 9.2) it keeps one line at a time, at most {@value #LINE} bytes, and reads those alone
 * that speak of usage or of an error; of any other answer the first {@value #WHOLE} bytes. What is
 * longer is not kept, and reports nothing. It never holds the answer up.
 */
final class UsageTap {
  private static final int LINE = 64 * 1024;
  private static final int WHOLE = 1 << 20;
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);
  private static final Needle USAGE = Needle.of("\"usage\"");
  private static final Needle ERROR = Needle.of("error\"");
  private static final Needle FAILED = Needle.of("response.failed");

  private final boolean events;
  private final UsageReader reader = new UsageReader();
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private boolean tooLong;
  private boolean atBorder = true;

  /**
   * @param events whether the answer is a stream of events
   */
  UsageTap(boolean events) {
    this.events = events;
  }

  /** Takes the next piece. */
  void take(byte[] piece) {
    if (!events) {
      keep(piece, 0, piece.length, WHOLE);
      return;
    }
    int from = 0;
    for (int i = 0; i < piece.length; i++) {
      if (piece[i] == '\n' || piece[i] == '\r') {
        keep(piece, from, i, LINE);
        line();
        from = i + 1;
      }
    }
    keep(piece, from, piece.length, LINE);
  }

  private void keep(byte[] piece, int from, int end, int most) {
    if (kept.size() + (end - from) > most) {
      tooLong = true;
      kept.reset();
    } else if (!tooLong) {
      kept.write(piece, from, end - from);
    }
  }

  private void line() {
    byte[] line = kept.toByteArray();
    // A line end of two bytes is seen as two lines, the second one empty.
    atBorder = line.length == 0 && !tooLong;
    kept.reset();
    tooLong = false;
    if (startsWith(line, DATA) && (USAGE.isIn(line) || ERROR.isIn(line) || FAILED.isIn(line))) {
      reader.read(Arrays.copyOfRange(line, DATA.length, line.length));
    }
  }

  /** The answer is whole. */
  void end() {
    if (events) {
      if (kept.size() > 0) {
        line();
      }
    } else if (!tooLong) {
      reader.read(kept.toByteArray());
    }
  }

  /** Whether the last event that passed is whole. */
  boolean atBorder() {
    return atBorder && kept.size() == 0 && !tooLong;
  }

  Usage usage() {
    return reader.usage();
  }

  /** Whether an error came among the events. */
  boolean failed() {
    return reader.failed();
  }

  private static boolean startsWith(byte[] line, byte[] prefix) {
    return line.length >= prefix.length
        && Arrays.equals(line, 0, prefix.length, prefix, 0, prefix.length);
  }
}
