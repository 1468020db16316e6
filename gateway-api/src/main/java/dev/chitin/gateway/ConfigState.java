package dev.chitin.gateway;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the log says of a configuration: digests, never values.
 *
 * @param digest over the whole document
 * @param keys for each key of the first two levels the digest of its value
 */
record ConfigState(Digest digest, Map<String, Digest> keys) {
  ConfigState {
    keys = Map.copyOf(keys);
  }

  static ConfigState of(JsonValue.Obj document) {
    Map<String, Digest> keys = new TreeMap<>();
    document
        .members()
        .forEach(
            (section, value) -> {
              if (value instanceof JsonValue.Obj table) {
                table
                    .members()
                    .forEach((key, inner) -> keys.put(section + "." + key, digest(inner)));
              } else {
                keys.put(section, digest(value));
              }
            });
    return new ConfigState(digest(document), keys);
  }

  private static Digest digest(JsonValue value) {
    return Digest.of(new byte[0], CanonicalJson.bytes(value));
  }

  /** The keys that are not as they were in {@code before}. */
  List<String> changedSince(Map<String, Digest> before) {
    var all = new TreeSet<>(keys.keySet());
    all.addAll(before.keySet());
    List<String> changed = new ArrayList<>();
    for (String key : all) {
      Digest was = before.get(key);
      if (!Objects.equals(was, keys.get(key))) {
        changed.add(key);
      }
    }
    return changed;
  }
}
