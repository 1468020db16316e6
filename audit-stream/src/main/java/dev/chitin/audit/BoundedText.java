package dev.chitin.audit;

/**
 * Makes any string fit for an entry: at most {@value #MAX_CHARS} UTF-16 units, what is cut counted
 * at its end, and no lone surrogates, which JSON cannot carry.
 */
final class BoundedText {
  /**
   * Longest string in an entry. Each unit takes at most 6 bytes of JSON, so the eight free strings
   * of the largest event stay well below the bound of an entry.
   */
  static final int MAX_CHARS = 512;

  private static final int MARK_CHARS = 24;

  private BoundedText() {}

  static String of(String text) {
    return whole(text.length() <= MAX_CHARS ? text : cut(text));
  }

  private static String cut(String text) {
    int keep = MAX_CHARS - MARK_CHARS;
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
