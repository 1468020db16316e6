package dev.chitin.bus.json;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Writes JSON, canonically for digests (RFC 8785: members sorted by UTF-16 units, ECMAScript
 * numbers, no white space) or in member order for answers to people. The two differ in member order
 * alone.
 */
public final class CanonicalJson {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private final StringBuilder out;
  private final boolean sorted;

  private CanonicalJson(StringBuilder out, boolean sorted) {
    this.out = out;
    this.sorted = sorted;
  }

  /**
   * The canonical bytes of {@code value}, UTF-8.
   *
   * @throws IllegalArgumentException when a string holds a lone surrogate
   */
  public static byte[] bytes(JsonValue value) {
    return string(value).getBytes(StandardCharsets.UTF_8);
  }

  /** The canonical text of {@code value}. */
  public static String string(JsonValue value) {
    return write(value, true);
  }

  /** {@code value} with members in their own order; for answers, not for digests. */
  public static String inOrder(JsonValue value) {
    return write(value, false);
  }

  private static String write(JsonValue value, boolean sorted) {
    var writer = new CanonicalJson(new StringBuilder(256), sorted);
    writer.value(value);
    return writer.out.toString();
  }

  private void value(JsonValue value) {
    switch (value) {
      case JsonValue.Obj object -> object(object.members());
      case JsonValue.Arr array -> {
        out.append('[');
        for (int i = 0; i < array.items().size(); i++) {
          if (i > 0) {
            out.append(',');
          }
          value(array.items().get(i));
        }
        out.append(']');
      }
      case JsonValue.Str string -> quoted(string.value());
      case JsonValue.Int integer -> out.append(integer.value());
      case JsonValue.Real real -> out.append(number(real.value()));
      case JsonValue.Bool bool -> out.append(bool.value());
      case JsonValue.Null nothing -> out.append("null");
    }
  }

  private void object(Map<String, JsonValue> members) {
    String[] names = members.keySet().toArray(String[]::new);
    if (sorted) {
      Arrays.sort(names);
    }
    out.append('{');
    for (int i = 0; i < names.length; i++) {
      if (i > 0) {
        out.append(',');
      }
      quoted(names[i]);
      out.append(':');
      JsonValue member = members.get(names[i]);
      value(member == null ? JsonValue.Null.VALUE : member);
    }
    out.append('}');
  }

  private void quoted(String text) {
    if (hasLoneSurrogate(text)) {
      throw new IllegalArgumentException("a string holds a lone surrogate");
    }
    out.append('"');
    int plain = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x20 && c != '"' && c != '\\') {
        continue;
      }
      out.append(text, plain, i);
      plain = i + 1;
      escape(c);
    }
    out.append(text, plain, text.length()).append('"');
  }

  private void escape(char c) {
    switch (c) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case '\b' -> out.append("\\b");
      case '\t' -> out.append("\\t");
      case '\n' -> out.append("\\n");
      case '\f' -> out.append("\\f");
      case '\r' -> out.append("\\r");
      default -> out.append("\\u00").append(HEX[c >> 4]).append(HEX[c & 15]);
    }
  }

  /** The ECMAScript form of a finite number (ECMA-262, Number::toString, radix 10). */
  static String number(double value) {
    if (value == 0) {
      return "0";
    }
    if (value < 0) {
      return "-" + number(-value);
    }
    BigDecimal shortest = shortest(value);
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - shortest.scale();
    if (exponent > 21 || exponent < -5) {
      int power = exponent - 1;
      return digits.charAt(0)
          + (digits.length() > 1 ? "." + digits.substring(1) : "")
          + "e"
          + (power < 0 ? "-" : "+")
          + Math.abs(power);
    }
    if (exponent <= 0) {
      return "0." + "0".repeat(-exponent) + digits;
    }
    if (exponent >= digits.length()) {
      return digits + "0".repeat(exponent - digits.length());
    }
    return digits.substring(0, exponent) + "." + digits.substring(exponent);
  }

  /**
   * The shortest decimal that reads back as {@code value}. {@link Double#toString} gives it but for
   * its rule to keep at least two digits, which matters for a few subnormals.
   */
  private static BigDecimal shortest(double value) {
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (decimal.precision() == 2) {
      BigDecimal rounded =
          decimal.round(new java.math.MathContext(1, java.math.RoundingMode.HALF_EVEN));
      if (rounded.doubleValue() == value) {
        return rounded.stripTrailingZeros();
      }
    }
    return decimal;
  }

  static boolean hasLoneSurrogate(String text) {
    boolean open = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (open != Character.isLowSurrogate(c)) {
        return true;
      }
      open = Character.isHighSurrogate(c);
    }
    return open;
  }
}
