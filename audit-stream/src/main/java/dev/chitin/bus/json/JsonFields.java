package dev.chitin.bus.json;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the members of an object whose set of names is closed: each is asked for by name and type,
 * and {@link #end()} refuses what nobody asked for, with the nearest known name.
 *
 * <p>Every refusal is a {@link dev.chitin.bus.ChitinException.Invalid} with the pointer of the
 * place.
 */
public final class JsonFields {
  private final JsonValue.Obj object;
  private final String pointer;
  private final Set<String> asked = new HashSet<>();

  private JsonFields(JsonValue.Obj object, String pointer) {
    this.object = object;
    this.pointer = pointer;
  }

  /** The members of {@code value}, which stands at {@code pointer} and has to be an object. */
  public static JsonFields of(JsonValue value, String pointer) {
    if (value instanceof JsonValue.Obj object) {
      return new JsonFields(object, pointer);
    }
    throw fault(ProblemCode.REQUEST_MALFORMED, pointer, "must be an object");
  }

  /** Every member's name, sorted, where the names are the writer's own. */
  public List<String> names() {
    return object.members().keySet().stream().sorted().toList();
  }

  public Optional<JsonValue> value(String name) {
    asked.add(name);
    return Optional.ofNullable(object.get(name));
  }

  public Optional<JsonValue.Obj> object(String name) {
    return typed(name, JsonValue.Obj.class, "an object");
  }

  public Optional<JsonFields> fields(String name) {
    return object(name).map(member -> new JsonFields(member, pointer + "/" + name));
  }

  public Optional<List<JsonValue>> array(String name) {
    return typed(name, JsonValue.Arr.class, "an array").map(JsonValue.Arr::items);
  }

  public Optional<List<String>> strings(String name) {
    return array(name)
        .map(
            items ->
                items.stream()
                    .map(
                        item -> {
                          if (item instanceof JsonValue.Str string) {
                            return string.value();
                          }
                          throw fault(
                              ProblemCode.REQUEST_MALFORMED, at(name), "must hold strings only");
                        })
                    .toList());
  }

  public Optional<String> string(String name) {
    return typed(name, JsonValue.Str.class, "a string").map(JsonValue.Str::value);
  }

  public Optional<Boolean> bool(String name) {
    return typed(name, JsonValue.Bool.class, "true or false").map(JsonValue.Bool::value);
  }

  /** A whole number within {@code min} and {@code max}, both included. */
  public Optional<Long> integer(String name, long min, long max) {
    Optional<Long> value =
        typed(name, JsonValue.Int.class, "a whole number").map(JsonValue.Int::value);
    if (value.isPresent() && (value.get() < min || value.get() > max)) {
      throw fault(
          ProblemCode.REQUEST_MALFORMED, at(name), "must lie between " + min + " and " + max);
    }
    return value;
  }

  /** The value, or a refusal that names the missing member. */
  public <T> T required(String name, Optional<T> value) {
    return value.orElseThrow(() -> fault(ProblemCode.REQUEST_MALFORMED, at(name), "is missing"));
  }

  /** Refuses members that nobody asked for. */
  public void end() {
    for (String name : object.members().keySet()) {
      if (!asked.contains(name)) {
        String nearest =
            NearestName.of(name, asked).map(n -> "; did you mean " + n + "?").orElse("");
        throw fault(ProblemCode.REQUEST_UNKNOWN_FIELD, at(name), "is not a known member" + nearest);
      }
    }
  }

  /** A refusal for a member of this object; for the object itself where the name is empty. */
  public RuntimeException invalid(String name, String detail) {
    return fault(ProblemCode.REQUEST_MALFORMED, name.isEmpty() ? pointer : at(name), detail);
  }

  private <T extends JsonValue> Optional<T> typed(String name, Class<T> type, String expected) {
    Optional<JsonValue> value = value(name);
    if (value.isPresent() && !type.isInstance(value.get())) {
      throw fault(ProblemCode.REQUEST_MALFORMED, at(name), "must be " + expected);
    }
    return value.map(type::cast);
  }

  private String at(String name) {
    return pointer + "/" + name.replace("~", "~0").replace("/", "~1");
  }

  private static RuntimeException fault(ProblemCode code, String pointer, String detail) {
    String place = pointer.isEmpty() ? "The document" : pointer;
    return Problem.of(code, place + " " + detail + ".")
        .withErrors(List.of(new Problem.FieldError(pointer, detail)))
        .toException();
  }
}
