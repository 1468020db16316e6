package dev.chitin.gateway.reload;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What differs between two configurations, key by key; an array is one value. */
final class ConfigDiff {
  private ConfigDiff() {}

  /**
   * One key that changed.
   *
   * @param key dotted
   * @param before canonical JSON, or null when it was not set
   * @param after canonical JSON, or null when it is not set
   */
  record Change(String key, @Nullable String before, @Nullable String after) {
    @Override
    public String toString() {
      return key + ": " + or(before) + " -> " + or(after);
    }

    private static String or(@Nullable String value) {
      return value == null ? "(default)" : value;
    }
  }

  /** Sorted by key. */
  static List<Change> of(JsonValue.Obj before, JsonValue.Obj after) {
    Map<String, String> old = leaves(before);
    Map<String, String> now = leaves(after);
    var keys = new TreeSet<>(old.keySet());
    keys.addAll(now.keySet());
    List<Change> changes = new ArrayList<>();
    for (String key : keys) {
      if (!Objects.equals(old.get(key), now.get(key))) {
        changes.add(new Change(key, old.get(key), now.get(key)));
      }
    }
    return changes;
  }

  private static Map<String, String> leaves(JsonValue.Obj document) {
    Map<String, String> leaves = new TreeMap<>();
    collect("", document, leaves);
    return leaves;
  }

  private static void collect(String key, JsonValue value, Map<String, String> leaves) {
    if (value instanceof JsonValue.Obj object && (key.isEmpty() || !object.members().isEmpty())) {
      object
          .members()
          .forEach(
              (name, member) -> collect(key.isEmpty() ? name : key + "." + name, member, leaves));
    } else {
      leaves.put(key, CanonicalJson.string(value));
    }
  }
}
