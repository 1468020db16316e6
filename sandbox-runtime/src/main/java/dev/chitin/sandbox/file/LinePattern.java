package dev.chitin.sandbox.file;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A caller's regular expression that cannot run away: the text that it reads watches the deadline
 * at every few characters, its length and that of a line are bounded, and a recursion that is too
 * deep is a refusal.
 */
final class LinePattern {
  private static final int MOST_PATTERN = 1000;
  private static final int MOST_LINE = 8192;

  private final Pattern pattern;

  private LinePattern(Pattern pattern) {
    this.pattern = pattern;
  }

  static LinePattern compile(String expression, boolean literal, boolean ignoreCase)
      throws OperationFailed {
    if (expression.isEmpty() || expression.length() > MOST_PATTERN) {
      throw OperationFailed.because("The pattern is empty or longer than " + MOST_PATTERN + ".");
    }
    int flags =
        (literal ? Pattern.LITERAL : 0)
            | (ignoreCase ? Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE : 0);
    try {
      return new LinePattern(Pattern.compile(expression, flags));
    } catch (PatternSyntaxException e) {
      throw OperationFailed.because(
          "The pattern is no regular expression: " + e.getDescription() + ".");
    } catch (StackOverflowError e) {
      throw tooDeep();
    }
  }

  /** Whether {@code line} holds a match in its first {@value #MOST_LINE} characters. */
  boolean find(CharSequence line, Progress progress) throws OperationFailed {
    int length = Math.min(line.length(), MOST_LINE);
    try {
      return pattern.matcher(new Watched(line, 0, length, progress)).find();
    } catch (Stopped e) {
      progress.check();
      throw OperationFailed.stopped("deadline");
    } catch (StackOverflowError e) {
      throw tooDeep();
    }
  }

  private static OperationFailed tooDeep() {
    return OperationFailed.because("The pattern nests or repeats too deeply.");
  }

  /** Thrown out of the matcher, which declares nothing. */
  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super(null, null, false, false);
    }
  }

  /** A part of a text that stops the matcher when the operation is no longer wanted. */
  private static final class Watched implements CharSequence {
    private static final int INTERVAL = 4096;

    private final CharSequence text;
    private final int from;
    private final int to;
    private final Progress progress;
    private int reads;

    Watched(CharSequence text, int from, int to, Progress progress) {
      this.text = text;
      this.from = from;
      this.to = to;
      this.progress = progress;
    }

    @Override
    public int length() {
      return to - from;
    }

    @Override
    public char charAt(int index) {
      if (++reads % INTERVAL == 0 && !progress.wanted()) {
        throw new Stopped();
      }
      return text.charAt(from + index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new Watched(text, from + start, from + end, progress);
    }

    @Override
    public String toString() {
      return text.subSequence(from, to).toString();
    }
  }
}
