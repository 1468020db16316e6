package dev.chitin.vault.scrub;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where secrets stand in a text that is whole: as it is, with up to {@value #LEVELS} levels of
 * backslash escapes taken away (JSON in a string of JSON has two), and percent-decoded below each
 * of them. Takes a few times the memory of the text while it looks.
 */
final class Sightings {
  private static final int LEVELS = 4;
  private static final byte[] MARK = "[chitin:redacted]".getBytes(StandardCharsets.US_ASCII);

  /** From one byte to before another. */
  private record Span(int from, int to) {}

  private final Patterns patterns;
  private final byte[] text;
  private final List<Span> spans;

  private Sightings(Patterns patterns, byte[] text) {
    this.patterns = patterns;
    this.text = text;
    this.spans = patterns.isEmpty() ? List.of() : spans(text, LEVELS);
  }

  /** Looks for {@code patterns}. */
  static Sightings of(Patterns patterns, byte[] text) {
    return new Sightings(patterns, text);
  }

  boolean isEmpty() {
    return spans.isEmpty();
  }

  /** The text without them. */
  byte[] removed() {
    var out = new ByteArrayOutputStream(text.length);
    int done = 0;
    for (Span span : spans) {
      out.write(text, done, span.from() - done);
      out.writeBytes(MARK);
      done = span.to();
    }
    out.write(text, done, text.length - done);
    return out.toByteArray();
  }

  private List<Span> spans(byte[] text, int levels) {
    List<Span> found = new ArrayList<>();
    asItIs(text, found);
    byte[] decoded = Escapes.PERCENT.resolved(text);
    if (decoded != null) {
      List<Span> within = new ArrayList<>();
      asItIs(decoded, within);
      found.addAll(outside(Escapes.PERCENT, text, within));
    }
    byte[] resolved = levels == 0 ? null : Escapes.BACKSLASH.resolved(text);
    if (resolved != null) {
      found.addAll(outside(Escapes.BACKSLASH, text, spans(resolved, levels - 1)));
    }
    return merged(found);
  }

  private void asItIs(byte[] text, List<Span> found) {
    int done = 0;
    for (Patterns.Hit hit = patterns.find(text, done);
        hit != null;
        hit = patterns.find(text, done)) {
      done = Math.toIntExact(hit.to());
      while (hit.open() && done < text.length && continues(text[done])) {
        done++;
      }
      found.add(new Span(Math.toIntExact(hit.from()), done));
    }
  }

  /** What belongs to the word of a secret that is not known to its end. */
  private static boolean continues(byte b) {
    return b < 0 || (b > ' ' && "\"'<>,;)}]\\".indexOf(b) < 0);
  }

  /** Where in {@code text} stands what was found, in order, in what it stands for. */
  private static List<Span> outside(Escapes escapes, byte[] text, List<Span> within) {
    List<Span> found = new ArrayList<>(within.size());
    var unit = new Escapes.Unit();
    int at = 0;
    int inner = 0;
    for (Span span : within) {
      int from = at;
      while (inner < span.to()) {
        if (inner <= span.from()) {
          from = at;
        }
        at += escapes.next(text, at, unit);
        inner += unit.length();
      }
      found.add(new Span(from, at));
    }
    return found;
  }

  private static List<Span> merged(List<Span> found) {
    if (found.size() < 2) {
      return found;
    }
    found.sort(Comparator.comparingInt(Span::from));
    List<Span> apart = new ArrayList<>();
    Span last = found.getFirst();
    for (Span span : found) {
      if (span.from() > last.to()) {
        apart.add(last);
        last = span;
      } else {
        last = new Span(last.from(), Math.max(last.to(), span.to()));
      }
    }
    apart.add(last);
    return apart;
  }
}
