package dev.chitin.gateway.config;

import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One value of a configuration document, with the place where it was written. */
sealed interface ConfigNode {

  /** Where the value was written. */
  Place place();

  /** The value without places. */
  JsonValue toJson();

  /**
   * A place that a person can go to.
   *
   * @param source file name, or {@code environment variable NAME}
   * @param line from 1; 0 when the source has no lines
   * @param column from 1; 0 when the source has no lines
   */
  record Place(String source, int line, int column) {
    @Override
    public String toString() {
      return line == 0 ? source : source + ":" + line + ":" + column;
    }
  }

  /**
   * One member of a table.
   *
   * @param keyPlace where its name was written
   */
  record Entry(Place keyPlace, ConfigNode value) {}

  /** An object. */
  record Table(Place place, Map<String, Entry> entries) implements ConfigNode {
    public Table {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    @Override
    public JsonValue.Obj toJson() {
      JsonValue.Builder object = JsonValue.object();
      entries.forEach((name, entry) -> object.put(name, entry.value().toJson()));
      return object.build();
    }
  }

  /** An array. */
  record Items(Place place, List<ConfigNode> nodes) implements ConfigNode {
    public Items {
      nodes = List.copyOf(nodes);
    }

    @Override
    public JsonValue.Arr toJson() {
      var items = new ArrayList<JsonValue>();
      nodes.forEach(node -> items.add(node.toJson()));
      return new JsonValue.Arr(items);
    }
  }

  /** A string, number, boolean or null. */
  record Scalar(Place place, JsonValue value) implements ConfigNode {
    @Override
    public JsonValue toJson() {
      return value;
    }
  }
}
