package dev.chitin.audit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.chitin.bus.EightBytes;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue.Str;
import dev.chitin.bus.json.StrictJson;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The members of one entry, found in one pass over its bytes; values are read when they are asked
 * for. Whoever follows the log looks at few members of many entries. An entry is canonical JSON: no
 * white space, and names that need no escape.
 */
public final class EntryMembers {
  private static final byte[] TRUE = "true".getBytes(US_ASCII);

  /** Places of one member: begin and end of its name, begin and end of its value. */
  private static final int PLACES = 4;

  private static final int LONGEST_NUMBER = 18;

  private static final long QUOTES = EightBytes.of('"');
  private static final long BACKSLASHES = EightBytes.of('\\');

  private final byte[] json;
  private int[] places = new int[32 * PLACES];
  private int used;

  private EntryMembers(byte[] json) {
    this.json = json;
  }

  /** The members of {@code entry}; empty when it is not a JSON object without white space. */
  public static Optional<EntryMembers> of(LogEntry entry) {
    var members = new EntryMembers(entry.json().borrow());
    return members.scan() ? Optional.of(members) : Optional.empty();
  }

  /** The member's text; empty when there is none of that name, or it is not a text. */
  public String text(String name) {
    String text = textOrNull(name);
    return text == null ? "" : text;
  }

  /** The same with nothing where there is none. */
  public @Nullable String textOrNull(String name) {
    int at = find(name);
    return at >= 0 && json[places[at + 2]] == '"' ? unquoted(places[at + 2], places[at + 3]) : null;
  }

  /** Whether the member is that text, which holds nothing that JSON escapes. */
  public boolean has(String name, String value) {
    int at = find(name);
    return at >= 0
        && json[places[at + 2]] == '"'
        && is(value, places[at + 2] + 1, places[at + 3] - 1);
  }

  /** The member's whole number, or {@code none} where it is not one of at most 18 digits. */
  public long number(String name, long none) {
    int at = find(name);
    if (at < 0) {
      return none;
    }
    int from = places[at + 2];
    int end = places[at + 3];
    boolean negative = json[from] == '-';
    int first = negative ? from + 1 : from;
    if (first == end || end - first > LONGEST_NUMBER) {
      return none;
    }
    long value = 0;
    for (int i = first; i < end; i++) {
      if (json[i] < '0' || json[i] > '9') {
        return none;
      }
      value = 10 * value + json[i] - '0';
    }
    return negative ? -value : value;
  }

  /** Whether the member is {@code true}. */
  public boolean flag(String name) {
    int at = find(name);
    return at >= 0 && Arrays.equals(json, places[at + 2], places[at + 3], TRUE, 0, TRUE.length);
  }

  /** Receives members whose value is a text. */
  @FunctionalInterface
  public interface TextMember {
    /** Name and text are ranges of {@code json} without their quotes, as they stand there. */
    void found(byte[] json, int name, int nameEnd, int text, int textEnd);
  }

  /** Hands over each member that is a text, in order. */
  public void eachText(TextMember member) {
    for (int at = 0; at < used; at += PLACES) {
      int value = places[at + 2];
      if (json[value] == '"') {
        member.found(json, places[at], places[at + 1], value + 1, places[at + 3] - 1);
      }
    }
  }

  private int find(String name) {
    for (int at = 0; at < used; at += PLACES) {
      if (is(name, places[at], places[at + 1])) {
        return at;
      }
    }
    return -1;
  }

  private boolean is(String text, int from, int end) {
    if (end - from != text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (json[from + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private @Nullable String unquoted(int from, int end) {
    for (int i = from; i < end; i++) {
      if (json[i] == '\\') {
        return unescaped(Arrays.copyOfRange(json, from, end));
      }
    }
    return new String(json, from + 1, end - from - 2, UTF_8);
  }

  private static @Nullable String unescaped(byte[] quoted) {
    try {
      return StrictJson.parse(quoted) instanceof Str text ? text.value() : null;
    } catch (JsonSyntaxException e) {
      return null; // Whatever it is, it is not a text.
    }
  }

  /** Finds all members; answers whether the whole is an object. */
  private boolean scan() {
    int last = json.length - 1;
    if (last < 1 || json[0] != '{' || json[last] != '}') {
      return false;
    }
    if (last == 1) {
      return true;
    }
    for (int at = 1; ; at++) {
      int value = textEnd(at, last) + 1;
      if (value <= 0 || value >= last || json[value - 1] != ':') {
        return false;
      }
      int end = valueEnd(value, last);
      if (end <= value || (end < last && json[end] != ',')) {
        return false;
      }
      add(at + 1, value - 2, value, end);
      if (end == last) {
        return true;
      }
      at = end;
    }
  }

  private void add(int name, int nameEnd, int value, int end) {
    if (used == places.length) {
      places = Arrays.copyOf(places, 2 * used);
    }
    places[used++] = name;
    places[used++] = nameEnd;
    places[used++] = value;
    places[used++] = end;
  }

  /** Behind the quoted text at {@code from}, or -1. */
  private int textEnd(int from, int last) {
    if (json[from] != '"') {
      return -1;
    }
    for (int i = special(from + 1, last); i < last; i = special(i + 2, last)) {
      if (json[i] == '"') {
        return i + 1;
      }
    }
    return -1;
  }

  /** The first quote or backslash from {@code from} on, eight bytes at a time; or {@code last}. */
  private int special(int from, int last) {
    int i = from;
    for (; i + EightBytes.COUNT <= last; i += EightBytes.COUNT) {
      long eight = EightBytes.at(json, i);
      long found = EightBytes.equal(eight, QUOTES) | EightBytes.equal(eight, BACKSLASHES);
      if (found != 0) {
        return i + EightBytes.first(found);
      }
    }
    for (; i < last; i++) {
      if (json[i] == '"' || json[i] == '\\') {
        return i;
      }
    }
    return last;
  }

  /** Behind the value at {@code from}, or -1. */
  private int valueEnd(int from, int last) {
    if (json[from] == '"') {
      return textEnd(from, last);
    }
    int depth = 0;
    for (int i = from; i <= last; i++) {
      switch (json[i]) {
        case '"' -> {
          int end = textEnd(i, last);
          if (end < 0) {
            return -1;
          }
          i = end - 1;
        }
        case '{', '[' -> depth++;
        case '}', ']' -> {
          if (depth == 0) {
            return i == last ? i : -1;
          }
          depth--;
        }
        case ',' -> {
          if (depth == 0) {
            return i;
          }
        }
        default -> {
          // Within a number or a word.
        }
      }
    }
    return -1;
  }
}
