package dev.chitin.sandbox;

import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The part of JSON Schema 2020-12 that most tools are written in: members of one type each, within
 * bounds. It answers yes where the whole specification surely would; where it does not, somebody
 * who knows all of it has to be asked. A schema with a keyword that is not known here is none of
 * these.
 */
final class PlainSchema {
  /** Say nothing about validity (Core section 9, Validation section 9). */
  private static final Set<String> ANNOTATIONS =
      Set.of("title", "description", "default", "examples", "deprecated", "$comment");

  private enum Type {
    OBJECT,
    ARRAY,
    STRING,
    INTEGER,
    NUMBER,
    BOOLEAN,
    NULL
  }

  private final Type type;
  private final Map<String, PlainSchema> properties = new HashMap<>();
  private List<String> required = List.of();
  private boolean closed;
  private @Nullable PlainSchema items;
  private @Nullable Set<String> values;
  private long leastSize;
  private long mostSize = Long.MAX_VALUE;
  private long minimum = Long.MIN_VALUE;
  private long maximum = Long.MAX_VALUE;

  private PlainSchema(Type type) {
    this.type = type;
  }

  /** {@code schema}, unless there is more to it than this class knows. */
  static Optional<PlainSchema> of(JsonValue schema) {
    if (!(schema instanceof JsonValue.Obj object)
        || !(object.get("type") instanceof JsonValue.Str name)) {
      return Optional.empty();
    }
    return Stream.of(Type.values())
        .filter(type -> type.name().toLowerCase(Locale.ROOT).equals(name.value()))
        .findFirst()
        .map(PlainSchema::new)
        .filter(
            plain ->
                object.members().entrySet().stream()
                    .allMatch(keyword -> plain.takes(keyword.getKey(), keyword.getValue())));
  }

  /** Takes a keyword; false when it, or its value, is not known or is for another type. */
  private boolean takes(String keyword, JsonValue value) {
    if (keyword.equals("type") || ANNOTATIONS.contains(keyword)) {
      return true;
    }
    return switch (type) {
      case OBJECT -> takesOfObject(keyword, value);
      case ARRAY -> takesOfArray(keyword, value);
      case STRING -> takesOfString(keyword, value);
      case INTEGER, NUMBER -> takesOfNumber(keyword, value);
      case BOOLEAN, NULL -> false;
    };
  }

  private boolean takesOfObject(String keyword, JsonValue value) {
    return switch (keyword) {
      case "properties" ->
          value instanceof JsonValue.Obj members
              && members.members().entrySet().stream()
                  .allMatch(member -> takesProperty(member.getKey(), member.getValue()));
      case "required" -> {
        required = texts(value);
        yield value instanceof JsonValue.Arr list && list.items().size() == required.size();
      }
      case "additionalProperties" -> {
        closed = value instanceof JsonValue.Bool bool && !bool.value();
        yield value instanceof JsonValue.Bool;
      }
      default -> false;
    };
  }

  private boolean takesProperty(String name, JsonValue schema) {
    Optional<PlainSchema> property = of(schema);
    property.ifPresent(known -> properties.put(name, known));
    return property.isPresent();
  }

  private boolean takesOfArray(String keyword, JsonValue value) {
    if (keyword.equals("items")) {
      items = of(value).orElse(null);
      return items != null;
    }
    return takesSize(keyword, value, "minItems", "maxItems");
  }

  private boolean takesOfString(String keyword, JsonValue value) {
    if (keyword.equals("enum")) {
      List<String> texts = texts(value);
      values = Set.copyOf(texts);
      return value instanceof JsonValue.Arr list && list.items().size() == texts.size();
    }
    return takesSize(keyword, value, "minLength", "maxLength");
  }

  private boolean takesSize(String keyword, JsonValue value, String least, String most) {
    if (!(value instanceof JsonValue.Int size)) {
      return false;
    }
    if (keyword.equals(least)) {
      leastSize = size.value();
    } else if (keyword.equals(most)) {
      mostSize = size.value();
    } else {
      return false;
    }
    return true;
  }

  private boolean takesOfNumber(String keyword, JsonValue value) {
    if (!(value instanceof JsonValue.Int bound)) {
      return false;
    }
    if (keyword.equals("minimum")) {
      minimum = bound.value();
    } else if (keyword.equals("maximum")) {
      maximum = bound.value();
    } else {
      return false;
    }
    return true;
  }

  private static List<String> texts(JsonValue value) {
    List<String> texts = new ArrayList<>();
    if (value instanceof JsonValue.Arr list) {
      for (JsonValue item : list.items()) {
        if (item instanceof JsonValue.Str text) {
          texts.add(text.value());
        }
      }
    }
    return List.copyOf(texts);
  }

  /** Whether {@code value} is surely valid. */
  boolean fits(JsonValue value) {
    return switch (value) {
      case JsonValue.Obj object -> type == Type.OBJECT && fits(object);
      case JsonValue.Arr array -> type == Type.ARRAY && fits(array);
      case JsonValue.Str text -> type == Type.STRING && fits(text.value());
      case JsonValue.Int number ->
          (type == Type.INTEGER || type == Type.NUMBER)
              && number.value() >= minimum
              && number.value() <= maximum;
      case JsonValue.Real real ->
          false; // Whether one is an integer, and within bounds, is for others.
      case JsonValue.Written number -> false; // No argument of a tool has one.
      case JsonValue.Bool bool -> type == Type.BOOLEAN;
      case JsonValue.Null nothing -> type == Type.NULL;
    };
  }

  private boolean fits(JsonValue.Obj object) {
    for (String name : required) {
      if (object.get(name) == null) {
        return false;
      }
    }
    for (Map.Entry<String, JsonValue> member : object.members().entrySet()) {
      PlainSchema property = properties.get(member.getKey());
      if (property == null ? closed : !property.fits(member.getValue())) {
        return false;
      }
    }
    return true;
  }

  private boolean fits(JsonValue.Arr array) {
    int size = array.items().size();
    if (size < leastSize || size > mostSize) {
      return false;
    }
    PlainSchema each = items;
    return each == null || array.items().stream().allMatch(each::fits);
  }

  /** Lengths are in code points, of which a text has at most as many as units of UTF-16. */
  private boolean fits(String text) {
    boolean counts = leastSize > 0 || text.length() > mostSize;
    int length = counts ? text.codePointCount(0, text.length()) : text.length();
    return length >= leastSize && length <= mostSize && (values == null || values.contains(text));
  }
}
