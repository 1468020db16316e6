package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Single members of objects: read leniently, or changed while all others stay, in their order. */
final class Members {
  private Members() {}

  /** {@code object} with that member. */
  static JsonValue.Obj with(JsonValue.Obj object, String name, JsonValue value) {
    Map<String, JsonValue> members = new LinkedHashMap<>(object.members());
    members.put(name, value);
    return new JsonValue.Obj(members);
  }

  /** {@code object} with {@code more} at the end of an array, which need not be there yet. */
  static JsonValue.Obj appended(JsonValue.Obj object, String name, List<JsonValue> more) {
    List<JsonValue> items = new ArrayList<>(items(object.get(name)));
    items.addAll(more);
    return with(object, name, new JsonValue.Arr(items));
  }

  /** The items of an array; none of anything else. */
  static List<JsonValue> items(@Nullable JsonValue value) {
    return value instanceof JsonValue.Arr array ? array.items() : List.of();
  }

  /** A string member, or the empty string. */
  static String text(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Str text ? text.value() : "";
  }

  /** An object member, or an empty object. */
  static JsonValue.Obj object(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Obj inner ? inner : JsonValue.Obj.EMPTY;
  }

  /** A whole number that all readers agree on, however it was written; null for anything else. */
  static @Nullable Long whole(@Nullable JsonValue value) {
    JsonValue number = value instanceof JsonValue.Written written ? written.value() : value;
    return number instanceof JsonValue.Int whole ? Long.valueOf(whole.value()) : null;
  }

  /** Whether there is a member of that name that is not null. */
  static boolean has(JsonValue.Obj object, String name) {
    JsonValue value = object.get(name);
    return value != null && !(value instanceof JsonValue.Null);
  }
}
