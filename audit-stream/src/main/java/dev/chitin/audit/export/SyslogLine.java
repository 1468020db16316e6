package dev.chitin.audit.export;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;

/**
 * An entry as a message of RFC 5424: facility 13 (log audit), the node as host name, the boot as
 * process id, the kind as message id, the entry's members as structured data, and the entry itself
 * as message, with nothing in it that ends a line or moves a cursor.
 */
final class SyslogLine {
  private static final int FACILITY = 13;
  private static final int MAX_NAME = 32;

  /**
   * The id of an element of our own carries an enterprise number; 32473 is the one for examples.
   */
  private static final String ELEMENT = "chitin@32473";

  private static final Set<String> ELSEWHERE =
      Set.of("v", "time", "node", "boot", "kind", "sealed");

  private SyslogLine() {}

  static String of(long index, Obj entry) {
    var members = new Members(entry);
    var line = new StringBuilder(512);
    line.append('<')
        .append(FACILITY * 8 + severity(members.number("severity_id")))
        .append(">1 ")
        .append(Instant.ofEpochMilli(members.number("time")).truncatedTo(ChronoUnit.MILLIS))
        .append(' ')
        .append(header(members.text("node", "-"), 255))
        .append(" chitin ")
        .append(header(members.text("boot", "-"), 128))
        .append(' ')
        .append(header(members.kind(), 32))
        .append(" [")
        .append(ELEMENT)
        .append(" index=\"")
        .append(index)
        .append('"');
    for (Map.Entry<String, JsonValue> member : entry.members().entrySet()) {
      if (!ELSEWHERE.contains(member.getKey())) {
        line.append(' ').append(name(member.getKey())).append("=\"");
        value(
            line,
            member.getValue() instanceof Str text
                ? text.value()
                : CanonicalJson.string(member.getValue()));
        line.append('"');
      }
    }
    line.append("] ");
    // The mark of UTF-8 stands before the message (RFC 5424 section 6.4).
    line.append('\uFEFF');
    visible(line, CanonicalJson.string(entry));
    return line.toString();
  }

  /** Severities of RFC 5424 for those of OCSF. */
  private static int severity(long ocsf) {
    return switch ((int) ocsf) {
      case 5 -> 2;
      case 4 -> 3;
      case 3 -> 4;
      case 2 -> 5;
      default -> 6;
    };
  }

  /** A field of the header: printable ASCII without spaces; {@code -} for nothing. */
  private static String header(String text, int most) {
    var out = new StringBuilder();
    for (int i = 0; i < text.length() && out.length() < most; i++) {
      char c = text.charAt(i);
      out.append(c > ' ' && c < 0x7F ? c : '_');
    }
    return out.isEmpty() ? "-" : out.toString();
  }

  /** A parameter's name: printable ASCII without {@code =}, space, {@code ]} and {@code "}. */
  private static String name(String text) {
    return header(text, MAX_NAME).replace('=', '_').replace(']', '_').replace('"', '_');
  }

  /** A parameter's value: {@code "}, backslash and {@code ]} are escaped (section 6.3.3). */
  private static void value(StringBuilder line, String text) {
    var shown = new StringBuilder();
    visible(shown, text);
    for (int i = 0; i < shown.length(); i++) {
      char c = shown.charAt(i);
      if (c == '"' || c == '\\' || c == ']') {
        line.append('\\');
      }
      line.append(c);
    }
  }

  private static void visible(StringBuilder out, String text) {
    text.codePoints()
        .forEach(
            c -> {
              int type = Character.getType(c);
              boolean hidden =
                  Character.isISOControl(c)
                      || type == Character.FORMAT
                      || type == Character.LINE_SEPARATOR
                      || type == Character.PARAGRAPH_SEPARATOR
                      || type == Character.SURROGATE;
              if (hidden) {
                out.append(String.format("\\u%04x", c));
              } else {
                out.appendCodePoint(c);
              }
            });
  }
}
