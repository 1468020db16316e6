package dev.chitin.bus.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads JSON (RFC 8259) from strangers so that every later reader sees the same value.
 *
 * <p>Refused: anything but valid UTF-8 without a byte order mark, duplicate names (after
 * unescaping), lone surrogates, whole numbers beyond ±(2⁵³−1), numbers that are not finite,
 * trailing content, comments and every other extension, and whatever exceeds the {@link
 * JsonLimits}. {@code -0} reads as {@code 0}, and so does what is too small for a double. Limits
 * that keep numbers as they were written take whole numbers of any size.
 */
public final class StrictJson {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          // Names come from strangers: they belong into no table that outlives the document.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(JsonLimits.MAX_DEPTH)
                  .maxNumberLength(JsonLimits.NUMBER_CHARS)
                  .maxStringLength(64 << 20)
                  .maxNameLength(4_096)
                  .build())
          .build();

  /** What stands in a text where bytes were not UTF-8. */
  private static final char REPLACEMENT = '\uFFFD';

  private final JsonParser parser;
  private final JsonLimits limits;

  /** Where the parser is: the name or the number of each member on the way. */
  private final List<Object> path = new ArrayList<>();

  private int nodes;

  private StrictJson(JsonParser parser, JsonLimits limits) {
    this.parser = parser;
    this.limits = limits;
  }

  /** Reads the one value that {@code utf8} holds, within {@link JsonLimits#REQUEST}. */
  public static JsonValue parse(byte[] utf8) throws JsonSyntaxException {
    return parse(utf8, JsonLimits.REQUEST);
  }

  /** Reads the one value that {@code utf8} holds. */
  public static JsonValue parse(byte[] utf8, JsonLimits limits) throws JsonSyntaxException {
    String text = decode(utf8);
    try (JsonParser parser = FACTORY.createParser(text)) {
      return new StrictJson(parser, limits).document();
    } catch (IOException e) {
      throw new IllegalStateException("reading a string does no I/O", e);
    }
  }

  private static String decode(byte[] utf8) throws JsonSyntaxException {
    if (utf8.length >= 3
        && utf8[0] == (byte) 0xEF
        && utf8[1] == (byte) 0xBB
        && utf8[2] == (byte) 0xBF) {
      throw new JsonSyntaxException("a byte order mark is not allowed", "", 1, 1);
    }
    String text = new String(utf8, StandardCharsets.UTF_8);
    return text.indexOf(REPLACEMENT) < 0 ? text : decodeStrictly(utf8);
  }

  /** What was sent may hold the replacement character itself, or bytes that it stands for. */
  private static String decodeStrictly(byte[] utf8) throws JsonSyntaxException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(utf8))
          .toString();
    } catch (CharacterCodingException e) {
      throw new JsonSyntaxException("the document is not valid UTF-8", "", 1, 1);
    }
  }

  private JsonValue document() throws JsonSyntaxException {
    JsonToken first = next();
    if (first == null) {
      throw refuse("the document is empty");
    }
    JsonValue value = value(first, 0);
    if (next() != null) {
      throw refuse("there is content after the value");
    }
    return value;
  }

  private JsonValue value(JsonToken token, int depth) throws JsonSyntaxException {
    if (++nodes > limits.nodes()) {
      throw refuse("more than " + limits.nodes() + " values");
    }
    return switch (token) {
      case START_OBJECT -> object(depth + 1);
      case START_ARRAY -> array(depth + 1);
      case VALUE_STRING -> new JsonValue.Str(string());
      case VALUE_NUMBER_INT -> integer();
      case VALUE_NUMBER_FLOAT -> real();
      case VALUE_TRUE -> new JsonValue.Bool(true);
      case VALUE_FALSE -> new JsonValue.Bool(false);
      case VALUE_NULL -> JsonValue.Null.VALUE;
      default -> throw refuse("unexpected token");
    };
  }

  private JsonValue.Obj object(int depth) throws JsonSyntaxException {
    checkDepth(depth);
    JsonValue.Builder members = JsonValue.object();
    for (JsonToken token = need(); token != JsonToken.END_OBJECT; token = need()) {
      String name = name();
      path.addLast(name);
      if (members.size() == limits.members()) {
        throw refuse("more than " + limits.members() + " members in one object");
      }
      if (members.has(name)) {
        throw refuse("the name occurs twice in one object");
      }
      members.put(name, value(need(), depth));
      path.removeLast();
    }
    return members.build();
  }

  private JsonValue.Arr array(int depth) throws JsonSyntaxException {
    checkDepth(depth);
    List<JsonValue> items = new ArrayList<>();
    for (JsonToken token = need(); token != JsonToken.END_ARRAY; token = need()) {
      path.addLast(items.size());
      if (items.size() == limits.members()) {
        throw refuse("more than " + limits.members() + " items in one array");
      }
      items.add(value(token, depth));
      path.removeLast();
    }
    return new JsonValue.Arr(items);
  }

  private void checkDepth(int depth) throws JsonSyntaxException {
    if (depth > limits.depth()) {
      throw refuse("nested deeper than " + limits.depth());
    }
  }

  private String name() throws JsonSyntaxException {
    String name = text();
    if (name.length() > limits.nameBytes()
        || name.getBytes(StandardCharsets.UTF_8).length > limits.nameBytes()) {
      throw refuse("a name is longer than " + limits.nameBytes() + " bytes");
    }
    return name;
  }

  private String string() throws JsonSyntaxException {
    String text = text();
    if (text.length() > limits.stringChars()) {
      throw refuse("a string is longer than " + limits.stringChars() + " characters");
    }
    return text;
  }

  private String text() throws JsonSyntaxException {
    String text;
    try {
      text = parser.getText();
    } catch (IOException e) {
      throw refusal(e);
    }
    if (hasLoneSurrogate(text)) {
      throw refuse("a string holds a lone surrogate");
    }
    return text;
  }

  private static boolean hasLoneSurrogate(String text) {
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

  private JsonValue integer() throws JsonSyntaxException {
    String literal = number();
    boolean asWritten = limits.numbersAsWritten();
    if (literal.length() <= 17 && !(asWritten && literal.equals("-0"))) {
      long value = Long.parseLong(literal);
      if (value <= JsonValue.Int.MAX && value >= -JsonValue.Int.MAX) {
        return new JsonValue.Int(value);
      }
    }
    if (asWritten) {
      return new JsonValue.Written(literal);
    }
    throw refuse("a whole number is beyond 2^53-1; send it as a string");
  }

  /** The parser counts digits alone. */
  private String number() throws JsonSyntaxException {
    String literal = text();
    int most = limits.numbersAsWritten() ? JsonLimits.WRITTEN_CHARS : JsonLimits.NUMBER_CHARS;
    if (literal.length() > most) {
      throw refuse("a number is longer than " + most + " characters");
    }
    return literal;
  }

  private JsonValue real() throws JsonSyntaxException {
    String literal = number();
    double value = Double.parseDouble(literal);
    if (Double.isInfinite(value)) {
      throw refuse("a number is beyond the range of a double");
    }
    if (limits.numbersAsWritten()) {
      return new JsonValue.Written(literal);
    }
    return value == Math.rint(value) && Math.abs(value) <= JsonValue.Int.MAX
        ? new JsonValue.Int((long) value)
        : new JsonValue.Real(value);
  }

  private JsonToken need() throws JsonSyntaxException {
    JsonToken token = next();
    if (token == null) {
      throw refuse("the document ends too early");
    }
    return token;
  }

  @SuppressWarnings(
      "NullAway") // nextToken() gives null at the end of the input; its callers test it
  private JsonToken next() throws JsonSyntaxException {
    try {
      return parser.nextToken();
    } catch (IOException e) {
      throw refusal(e);
    }
  }

  private JsonSyntaxException refusal(IOException e) {
    return refuse(
        e instanceof StreamConstraintsException
            ? "a name, string or number is longer than allowed"
            : "the document is not well-formed JSON");
  }

  /** The path as a JSON Pointer (RFC 6901). */
  private String pointer() {
    var pointer = new StringBuilder();
    for (Object step : path) {
      pointer.append('/').append(step.toString().replace("~", "~0").replace("/", "~1"));
    }
    return pointer.toString();
  }

  private JsonSyntaxException refuse(String reason) {
    JsonLocation at = parser.currentLocation();
    return new JsonSyntaxException(
        reason, pointer(), Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()));
  }
}
