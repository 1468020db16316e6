package dev.chitin.gateway.llm;

import dev.chitin.bus.Needle;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Listens to an answer that passes by and finds what it cost and whether it came to its end. Of a
 * stream of events (WHATWG HTML, section 9.2) it keeps one line at a time and reads those alone
 * that speak of one of these; a line of more than {@value #LINE} bytes, and any other answer, is
 * read as it comes, and not kept. It never holds the answer up.
 */
final class UsageTap {
  private static final int LINE = 64 * 1024;
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DONE = "data: [DONE]".getBytes(StandardCharsets.US_ASCII);
  private static final List<Needle> WORTH =
      List.of(
          Needle.of("\"usage\""),
          Needle.of("error\""),
          Needle.of("\"message_stop\""),
          Needle.of("\"response."));
  private static final Needle FINISH = Needle.of("\"finish_reason\"");

  /** As all known providers write it; other spellings are read. */
  private static final List<Needle> UNFINISHED =
      List.of(Needle.of("\"finish_reason\":null"), Needle.of("\"finish_reason\": null"));

  private final boolean events;
  private final int choices;
  private final UsageReader reader = new UsageReader();
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

  /** What is read as it comes: the whole answer, or a long line of it. */
  private @Nullable UsageDocument document;

  private boolean skipped;
  private boolean cut;
  private boolean done;
  private int finished;

  /**
   * @param events whether the answer is a stream of events
   * @param choices how many answers in one were asked for
   */
  UsageTap(boolean events, int choices) {
    this.events = events;
    this.choices = choices;
    this.document = events ? null : new UsageDocument();
  }

  /** Takes the next piece. */
  void take(byte[] piece) {
    int from = 0;
    for (int i = 0; events && i < piece.length; i++) {
      if (piece[i] == '\n' || piece[i] == '\r') {
        more(piece, from, i);
        line();
        from = i + 1;
      }
    }
    more(piece, from, piece.length);
  }

  private void more(byte[] piece, int from, int end) {
    if (document != null) {
      document.take(piece, from, end);
    } else if (!skipped) {
      kept.write(piece, from, end - from);
      if (kept.size() > LINE) {
        readOn();
      }
    }
  }

  /** The line is too long to be kept. */
  private void readOn() {
    byte[] begun = kept.toByteArray();
    kept.reset();
    if (startsWith(begun, DATA)) {
      document = new UsageDocument();
      document.take(begun, DATA.length, begun.length);
    } else {
      skipped = true;
    }
  }

  private void line() {
    byte[] line = kept.toByteArray();
    kept.reset();
    skipped = false;
    if (document != null) {
      read(document);
      document = null;
    } else if (startsWith(line, DATA)) {
      done |= Arrays.equals(line, DONE);
      if (isFinish(line) || WORTH.stream().anyMatch(needle -> needle.isIn(line))) {
        var whole = new UsageDocument();
        whole.take(line, DATA.length, line.length);
        read(whole);
      }
    }
  }

  /** Not every provider that speaks Chat Completions says at last that it is done. */
  private static boolean isFinish(byte[] line) {
    return FINISH.isIn(line) && UNFINISHED.stream().noneMatch(needle -> needle.isIn(line));
  }

  private void read(UsageDocument whole) {
    whole.end();
    cut |= !events && whole.isCut();
    finished += whole.finished();
    reader.read(whole);
  }

  /** The answer is over. */
  void end() {
    if (events) {
      line();
    } else if (document != null) {
      read(document);
      document = null;
    }
  }

  Usage usage() {
    return reader.usage();
  }

  /** Whether an error came among the events. */
  boolean failed() {
    return reader.failed();
  }

  /** Whether the answer says of itself that this is all of it; no stream: does not deny it. */
  boolean ended() {
    return events ? done || finished >= choices || reader.ended() : !cut;
  }

  private static boolean startsWith(byte[] line, byte[] prefix) {
    return line.length >= prefix.length
        && Arrays.equals(line, 0, prefix.length, prefix, 0, prefix.length);
  }
}
