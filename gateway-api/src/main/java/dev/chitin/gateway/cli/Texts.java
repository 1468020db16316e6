package dev.chitin.gateway.cli;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;

/** Members of answers as text that is safe to print: no control or escape sequence passes. */
final class Texts {
  private Texts() {}

  /** The member as text; empty when there is none. */
  static String of(JsonValue.Obj object, String name) {
    JsonValue value = object.get(name);
    if (value == null || value instanceof JsonValue.Null) {
      return "";
    }
    return printable(
        value instanceof JsonValue.Str text ? text.value() : CanonicalJson.string(value), false);
  }

  /**
   * {@code text} with control characters, bidirectional marks and escapes written visibly.
   *
   * @param lines whether line ends and tabs may stay
   */
  static String printable(String text, boolean lines) {
    var out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              boolean layout = lines && (c == '\n' || c == '\t');
              boolean hidden =
                  Character.isISOControl(c)
                      || Character.getType(c) == Character.FORMAT
                      || Character.getType(c) == Character.LINE_SEPARATOR
                      || Character.getType(c) == Character.PARAGRAPH_SEPARATOR;
              if (hidden && !layout) {
                out.append(String.format("\\u%04x", c));
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.toString();
  }
}
