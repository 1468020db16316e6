package dev.chitin.gateway.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads JSON5 into nodes that know their place. A name that occurs twice is refused. */
final class Json5Reader {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
          .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES)
          .enable(JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES)
          .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
          .enable(JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS)
          .enable(JsonReadFeature.ALLOW_LEADING_DECIMAL_POINT_FOR_NUMBERS)
          .enable(JsonReadFeature.ALLOW_TRAILING_DECIMAL_POINT_FOR_NUMBERS)
          .enable(JsonReadFeature.ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).build())
          .build();

  private static final Pattern HEXADECIMAL = Pattern.compile(".?0[xX][0-9a-fA-F]", Pattern.DOTALL);

  private static final String BYTE_ORDER_MARK = "\ufeff";

  private final String source;
  private final JsonParser parser;

  private Json5Reader(String source, JsonParser parser) {
    this.source = source;
    this.parser = parser;
  }

  /**
   * Reads the one value in {@code text}.
   *
   * @param source how messages name the document
   */
  static ConfigNode read(String source, String text) throws ConfigException {
    if (text.startsWith(BYTE_ORDER_MARK)) {
      throw ConfigException.of(
          new ConfigNode.Place(source, 1, 1),
          "",
          "begins with a byte order mark; save it as UTF-8 without one");
    }
    try (JsonParser parser = FACTORY.createParser(text)) {
      var reader = new Json5Reader(source, parser);
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw ConfigException.of(
            new ConfigNode.Place(source, 1, 1),
            "",
            "holds no value; a configuration of defaults is {}");
      }
      ConfigNode node = reader.node(first);
      if (parser.nextToken() != null) {
        throw reader.fault("there is content after the value");
      }
      return node;
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      var place =
          at == null
              ? new ConfigNode.Place(source, 1, 1)
              : new ConfigNode.Place(source, at.getLineNr(), at.getColumnNr());
      throw ConfigException.of(place, "", why(e, text));
    } catch (IOException e) {
      throw new IllegalStateException("reading a string does no I/O", e);
    }
  }

  /** What is wrong, in the words of who writes the document. */
  private static String why(JsonProcessingException fault, String text) {
    JsonLocation at = fault.getLocation();
    int offset = at == null ? 0 : (int) at.getCharOffset();
    if (fault instanceof JsonEOFException) {
      return "the document ends before everything in it is closed";
    }
    if (HEXADECIMAL.matcher(text).region(Math.max(0, offset - 2), text.length()).lookingAt()) {
      return "hexadecimal numbers are not read; write the number in decimal";
    }
    return "not well-formed JSON5: " + fault.getOriginalMessage();
  }

  private ConfigNode node(JsonToken token) throws IOException, ConfigException {
    ConfigNode.Place place = here();
    return switch (token) {
      case START_OBJECT -> table(place);
      case START_ARRAY -> items(place);
      case VALUE_STRING -> scalar(place, new JsonValue.Str(parser.getText()));
      case VALUE_TRUE -> scalar(place, new JsonValue.Bool(true));
      case VALUE_FALSE -> scalar(place, new JsonValue.Bool(false));
      case VALUE_NULL -> scalar(place, JsonValue.Null.VALUE);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> scalar(place, number());
      default -> throw fault("unexpected token");
    };
  }

  private static ConfigNode scalar(ConfigNode.Place place, JsonValue value) {
    return new ConfigNode.Scalar(place, value);
  }

  private JsonValue number() throws IOException, ConfigException {
    double value = parser.getDoubleValue();
    if (Double.isInfinite(value) || Double.isNaN(value)) {
      throw fault("the number is beyond the range of a double");
    }
    return value == Math.rint(value) && Math.abs(value) <= JsonValue.Int.MAX
        ? new JsonValue.Int((long) value)
        : new JsonValue.Real(value);
  }

  private ConfigNode table(ConfigNode.Place place) throws IOException, ConfigException {
    Map<String, ConfigNode.Entry> entries = new LinkedHashMap<>();
    for (JsonToken token = need(); token != JsonToken.END_OBJECT; token = need()) {
      ConfigNode.Place keyPlace = here();
      String name = parser.currentName();
      if (entries.containsKey(name)) {
        throw ConfigException.of(keyPlace, name, "occurs twice in one object");
      }
      entries.put(name, new ConfigNode.Entry(keyPlace, node(need())));
    }
    return new ConfigNode.Table(place, entries);
  }

  private ConfigNode items(ConfigNode.Place place) throws IOException, ConfigException {
    List<ConfigNode> nodes = new ArrayList<>();
    for (JsonToken token = need(); token != JsonToken.END_ARRAY; token = need()) {
      nodes.add(node(token));
    }
    return new ConfigNode.Items(place, nodes);
  }

  private JsonToken need() throws IOException, ConfigException {
    JsonToken token = parser.nextToken();
    if (token == null) {
      throw fault("the document ends too early");
    }
    return token;
  }

  private ConfigNode.Place here() {
    JsonLocation at = parser.currentTokenLocation();
    return new ConfigNode.Place(source, at.getLineNr(), at.getColumnNr());
  }

  private ConfigException fault(String detail) {
    return ConfigException.of(here(), "", detail);
  }
}
