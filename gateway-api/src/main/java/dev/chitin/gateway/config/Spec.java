package dev.chitin.gateway.config;

import dev.chitin.bus.json.JsonValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a value of the configuration may be. */
sealed interface Spec {

  /** The JSON Schema 2020-12 of such a value. */
  JsonValue.Obj schema();

  /**
   * One known key.
   *
   * @param name as written
   * @param description one sentence for people and editors
   * @param built whether the control behind it is there; {@code serve} refuses one that is not
   * @param required whether the object around it must have it
   * @param spec what its value may be
   */
  record Key(String name, String description, boolean built, boolean required, Spec spec) {
    static Key of(String name, String description, Spec spec) {
      return new Key(name, description, true, false, spec);
    }

    /** A key that has no default. */
    static Key required(String name, String description, Spec spec) {
      return new Key(name, description, true, true, spec);
    }

    /** A key that is known and checked, whose control comes later. */
    static Key notBuilt(String name, String description, Spec spec) {
      return new Key(name, description, false, false, spec);
    }
  }

  /** An object with a closed set of keys. */
  record Section(Map<String, Key> keys) implements Spec {
    static Section of(Key... keys) {
      Map<String, Key> byName = new LinkedHashMap<>();
      for (Key key : keys) {
        byName.put(key.name(), key);
      }
      return new Section(byName);
    }

    /** The keys that may not be left out. */
    List<Key> required() {
      return keys.values().stream().filter(Key::required).toList();
    }

    @Override
    public JsonValue.Obj schema() {
      JsonValue.Builder properties = JsonValue.object();
      keys.forEach(
          (name, key) ->
              properties.put(
                  name,
                  new JsonValue.Obj(
                      described(
                          key.spec().schema().members(),
                          key.description() + (key.built() ? "" : " (Not built yet.)")))));
      JsonValue.Builder schema =
          JsonValue.object()
              .put("type", "object")
              .put("additionalProperties", false)
              .put("properties", properties.build());
      List<String> required = required().stream().map(Key::name).toList();
      return required.isEmpty() ? schema.build() : schema.put("required", required).build();
    }

    private static Map<String, JsonValue> described(
        Map<String, JsonValue> schema, String description) {
      Map<String, JsonValue> members = new LinkedHashMap<>();
      members.put("description", new JsonValue.Str(description));
      members.putAll(schema);
      return members;
    }
  }

  /** An object whose keys are the operator's names. */
  record Named(Spec value) implements Spec {
    @Override
    public JsonValue.Obj schema() {
      return JsonValue.object()
          .put("type", "object")
          .put("additionalProperties", value.schema())
          .build();
    }
  }

  /** A string. */
  record Text() implements Spec {
    @Override
    public JsonValue.Obj schema() {
      return JsonValue.object().put("type", "string").build();
    }
  }

  /** One of a closed set of strings. */
  record Choice(List<String> values) implements Spec {
    @Override
    public JsonValue.Obj schema() {
      return JsonValue.object().put("enum", values).build();
    }
  }

  /** A whole number, bounds included. */
  record Whole(long min, long max) implements Spec {
    @Override
    public JsonValue.Obj schema() {
      return JsonValue.object()
          .put("type", "integer")
          .put("minimum", min)
          .put("maximum", max)
          .build();
    }
  }

  /** {@code true} or {@code false}. */
  record Flag() implements Spec {
    @Override
    public JsonValue.Obj schema() {
      return JsonValue.object().put("type", "boolean").build();
    }
  }

  /** An array. */
  record ListOf(Spec item) implements Spec {
    @Override
    public JsonValue.Obj schema() {
      return JsonValue.object().put("type", "array").put("items", item.schema()).build();
    }
  }

  /** An object that another reader checks, a JSON Schema say. */
  record Document() implements Spec {
    @Override
    public JsonValue.Obj schema() {
      return JsonValue.object().put("type", "object").build();
    }
  }
}
