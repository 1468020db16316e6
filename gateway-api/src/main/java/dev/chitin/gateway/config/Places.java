package dev.chitin.gateway.config;

import dev.chitin.bus.Problem;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where each value of a document was written, by its dotted key ({@code gateway.hosts[0]}). */
final class Places {
  private final String source;
  private final Map<String, ConfigNode.Place> byKey = new HashMap<>();

  private Places(String source) {
    this.source = source;
  }

  static Places of(String source, ConfigNode document) {
    var places = new Places(source);
    places.collect("", document);
    return places;
  }

  private void collect(String key, ConfigNode node) {
    switch (node) {
      case ConfigNode.Table table ->
          table
              .entries()
              .forEach(
                  (name, entry) -> {
                    String member = key.isEmpty() ? name : key + "." + name;
                    byKey.put(member, entry.value().place());
                    collect(member, entry.value());
                  });
      case ConfigNode.Items items -> {
        for (int i = 0; i < items.nodes().size(); i++) {
          String member = key + "[" + i + "]";
          byKey.put(member, items.nodes().get(i).place());
          collect(member, items.nodes().get(i));
        }
      }
      case ConfigNode.Scalar scalar -> {
        // It has been entered by what holds it.
      }
    }
  }

  /** A problem as a fault at the place of the value that it is about, or of what would hold it. */
  ConfigFault fault(Problem problem) {
    String key = key(problem);
    String detail = problem.detail();
    if (!key.isEmpty() && detail.startsWith(key)) {
      detail = detail.substring(key.length()).replaceFirst("^:? ", "");
    }
    return new ConfigFault(
        place(key), key, problem.hint() == null ? detail : detail + " " + problem.hint());
  }

  /** The key that decided, or that of the first error's pointer. */
  private static String key(Problem problem) {
    @Nullable String rule = problem.rule();
    if (rule != null) {
      return rule;
    }
    List<Problem.FieldError> errors = problem.errors();
    return errors.isEmpty()
        ? ""
        : errors
            .getFirst()
            .pointer()
            .replaceAll("/([0-9]+)(?=/|$)", "[$1]")
            .replace('/', '.')
            .replaceFirst("^\\.", "");
  }

  /** Of the key itself, else of the nearest section above it that is there, else of all. */
  String place(String key) {
    String held = key;
    while (!held.isEmpty()) {
      ConfigNode.Place place = byKey.get(held);
      if (place != null) {
        return place.toString();
      }
      held = held.substring(0, Math.max(0, Math.max(held.lastIndexOf('.'), held.lastIndexOf('['))));
    }
    return source;
  }
}
