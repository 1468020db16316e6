package dev.chitin.audit;

/**
 * Makes any string fit for an entry: at most a given number of UTF-16 units, what is cut counted at
 * its end, and no lone surrogates, which JSON cannot carry. Each unit takes at most 6 bytes of
 * JSON.
 */
final class BoundedText {
  private static final int MARK_CHARS = 24;

  private BoundedText() {}

  /** {@code text} in at most {@code most} units, of which there are more than 24. */
  static String of(String text, int most) {
    return whole(text.length() <= most ? text : cut(text, most));
  }

  private static String cut(String text, int most) {
    int keep = most - MARK_CHARS;
    return text.substring(0, keep) + "…(+" + (text.length() - keep) + " units)";
  }

  private static String whole(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return replaceLoneSurrogates(text);
      }
    }
    return text;
  }

  private static String replaceLoneSurrogates(String text) {
    var out = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
        .forEach(out::appendCodePoint);
    return out.toString();
  }
}
