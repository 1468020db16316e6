package dev.chitin.bus.json;

import dev.chitin.bus.EightBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Writes JSON, canonically for digests (RFC 8785: members sorted by UTF-16 units, ECMAScript
 * numbers, no white space) or in member order for answers to people and for what is passed on. The
 * two differ in member order alone; numbers that were kept as written have no canonical form.
 */
public final class CanonicalJson {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final int ROOM = 1_024;

  /** A unit of UTF-16 takes at most three bytes of UTF-8, and six where it is escaped. */
  private static final int MOST_PER_CHAR = 6;

  /** Of an {@link JsonValue.Int}. */
  private static final int MOST_DIGITS = 16;

  /** Units from which on a text is looked at in a way that pays for longer ones alone. */
  private static final int LONG = 24;

  private static final long QUOTES = EightBytes.of('"');
  private static final long BACKSLASHES = EightBytes.of('\\');
  private static final long MARKS = EightBytes.of('?');

  /** Room is made for so many units at a time. */
  private static final int PIECE = 16;

  private final boolean sorted;
  private byte[] out = new byte[ROOM];
  private int length;

  private CanonicalJson(boolean sorted) {
    this.sorted = sorted;
  }

  /**
   * The canonical bytes of {@code value}, UTF-8.
   *
   * @throws IllegalArgumentException when a string holds a lone surrogate, or a number is one that
   *     was {@linkplain JsonValue.Written kept as it was written}
   */
  public static byte[] bytes(JsonValue value) {
    CanonicalJson written = write(value, true);
    return Arrays.copyOf(written.out, written.length);
  }

  /** The canonical text of {@code value}. */
  public static String string(JsonValue value) {
    return write(value, true).text();
  }

  /** {@code value} with members in their own order; for answers, not for digests. */
  public static String inOrder(JsonValue value) {
    return write(value, false).text();
  }

  /** The same as UTF-8. */
  public static byte[] bytesInOrder(JsonValue value) {
    CanonicalJson written = write(value, false);
    return Arrays.copyOf(written.out, written.length);
  }

  private static CanonicalJson write(JsonValue value, boolean sorted) {
    var writer = new CanonicalJson(sorted);
    writer.value(value);
    return writer;
  }

  private String text() {
    return new String(out, 0, length, StandardCharsets.UTF_8);
  }

  private void value(JsonValue value) {
    switch (value) {
      case JsonValue.Obj object -> object(object.members());
      case JsonValue.Arr array -> array(array.items());
      case JsonValue.Str string -> quoted(string.value());
      case JsonValue.Int integer -> whole(integer.value());
      case JsonValue.Real real -> ascii(EcmaNumber.text(real.value()));
      case JsonValue.Written number -> written(number.text());
      case JsonValue.Bool bool -> ascii(bool.value() ? "true" : "false");
      case JsonValue.Null nothing -> ascii("null");
    }
  }

  private void array(List<JsonValue> items) {
    put('[');
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        put(',');
      }
      value(items.get(i));
    }
    put(']');
  }

  private void object(Map<String, JsonValue> members) {
    put('{');
    if (sorted) {
      inSortedOrder(members);
    } else {
      boolean first = true;
      for (Map.Entry<String, JsonValue> member : members.entrySet()) {
        member(first, member.getKey(), member.getValue());
        first = false;
      }
    }
    put('}');
  }

  private void inSortedOrder(Map<String, JsonValue> members) {
    int count = members.size();
    var names = new String[count];
    var values = new JsonValue[count];
    if (members instanceof FewMembers few) {
      few.copyTo(names, values);
    } else {
      int next = 0;
      for (Map.Entry<String, JsonValue> member : members.entrySet()) {
        names[next] = member.getKey();
        values[next++] = member.getValue();
      }
    }
    MemberOrder order = MemberOrder.of(names);
    for (int i = 0; i < count; i++) {
      raw(order.head(i));
      value(values[order.place(i)]);
    }
  }

  private void member(boolean first, String name, JsonValue value) {
    head(first, name);
    value(value);
  }

  private void head(boolean first, String name) {
    if (!first) {
      put(',');
    }
    quoted(name);
    put(':');
  }

  /** What is written before the values of members with these names: comma, name, colon. */
  static byte[][] heads(List<String> names) {
    var writer = new CanonicalJson(true);
    var heads = new byte[names.size()][];
    for (int i = 0; i < heads.length; i++) {
      writer.length = 0;
      writer.head(i == 0, names.get(i));
      heads[i] = Arrays.copyOf(writer.out, writer.length);
    }
    return heads;
  }

  private void raw(byte[] bytes) {
    makeRoom(bytes.length);
    System.arraycopy(bytes, 0, out, length, bytes.length);
    length += bytes.length;
  }

  private void quoted(String text) {
    put('"');
    int plain = text.length() < LONG || !asItIs(text) ? plain(text) : text.length();
    if (plain < text.length()) {
      rest(text, plain);
    }
    put('"');
  }

  /**
   * Writes a longer text that stands for itself, looking at eight units at a time; false, and
   * nothing is written, for another. A question mark is also what stands for a unit beyond Latin-1.
   */
  private boolean asItIs(String text) {
    byte[] units = text.getBytes(StandardCharsets.ISO_8859_1);
    int last = units.length - EightBytes.COUNT;
    for (int i = 0; i < last; i += EightBytes.COUNT) {
      if (hasSpecial(EightBytes.at(units, i))) {
        return false;
      }
    }
    if (hasSpecial(EightBytes.at(units, last))) {
      return false;
    }
    raw(units);
    return true;
  }

  private static boolean hasSpecial(long eight) {
    return (EightBytes.unprintable(eight)
            | EightBytes.equal(eight, QUOTES)
            | EightBytes.equal(eight, BACKSLASHES)
            | EightBytes.equal(eight, MARKS))
        != 0;
  }

  /** Writes what of {@code text} stands for itself, up to the first unit that does not. */
  private int plain(String text) {
    int count = text.length();
    makeRoom(count);
    byte[] into = out;
    int at = length;
    int i = 0;
    while (i < count) {
      char c = text.charAt(i);
      if (c >= 0x80 || c < 0x20 || c == '"' || c == '\\') {
        break;
      }
      into[at++] = (byte) c;
      i++;
    }
    length = at;
    return i;
  }

  private void rest(String text, int from) {
    int roomFor = 0;
    for (int i = from; i < text.length(); i++) {
      if (roomFor-- == 0) {
        makeRoom(PIECE * MOST_PER_CHAR);
        roomFor = PIECE - 1;
      }
      char c = text.charAt(i);
      if (c < 0x80 && c >= 0x20 && c != '"' && c != '\\') {
        out[length++] = (byte) c;
      } else if (c < 0x80) {
        escape(c);
      } else if (Character.isSurrogate(c)) {
        pair(text, i);
        i++;
      } else {
        utf8(c);
      }
    }
  }

  private void escape(char c) {
    out[length++] = '\\';
    switch (c) {
      case '"', '\\' -> out[length++] = (byte) c;
      case '\b' -> out[length++] = 'b';
      case '\t' -> out[length++] = 't';
      case '\n' -> out[length++] = 'n';
      case '\f' -> out[length++] = 'f';
      case '\r' -> out[length++] = 'r';
      default -> {
        out[length++] = 'u';
        out[length++] = '0';
        out[length++] = '0';
        out[length++] = HEX[c >> 4];
        out[length++] = HEX[c & 15];
      }
    }
  }

  private void utf8(char c) {
    if (c < 0x800) {
      out[length++] = (byte) (0xC0 | (c >> 6));
    } else {
      out[length++] = (byte) (0xE0 | (c >> 12));
      out[length++] = (byte) (0x80 | ((c >> 6) & 0x3F));
    }
    out[length++] = (byte) (0x80 | (c & 0x3F));
  }

  private void pair(String text, int at) {
    char high = text.charAt(at);
    if (!Character.isHighSurrogate(high)
        || at + 1 == text.length()
        || !Character.isLowSurrogate(text.charAt(at + 1))) {
      throw new IllegalArgumentException("a string holds a lone surrogate");
    }
    int point = Character.toCodePoint(high, text.charAt(at + 1));
    out[length++] = (byte) (0xF0 | (point >> 18));
    out[length++] = (byte) (0x80 | ((point >> 12) & 0x3F));
    out[length++] = (byte) (0x80 | ((point >> 6) & 0x3F));
    out[length++] = (byte) (0x80 | (point & 0x3F));
  }

  private void ascii(String text) {
    makeRoom(text.length());
    for (int i = 0; i < text.length(); i++) {
      out[length++] = (byte) text.charAt(i);
    }
  }

  private void written(String number) {
    if (sorted) {
      throw new IllegalArgumentException(
          "a number that is kept as it was written is not canonical");
    }
    ascii(number);
  }

  /** Digits from the last to the first, into room that is made for all that there can be. */
  private void whole(long value) {
    makeRoom(MOST_DIGITS + 1);
    if (value < 0) {
      out[length++] = '-';
    }
    long rest = Math.abs(value);
    int digits = 1;
    for (long power = 10; power <= rest; power *= 10) {
      digits++;
    }
    for (int at = length + digits - 1; at >= length; at--) {
      out[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
  }

  private void put(char c) {
    makeRoom(1);
    out[length++] = (byte) c;
  }

  private void makeRoom(int more) {
    if (out.length - length < more) {
      out = Arrays.copyOf(out, Math.addExact(length, Math.max(more, length)));
    }
  }
}
