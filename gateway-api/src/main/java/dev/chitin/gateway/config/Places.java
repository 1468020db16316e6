package dev.chitin.gateway.config;

import dev.chitin.bus.Problem;
import dev.chitin.bus.json.JsonValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where each value of a document was written, by its dotted key ({@code gateway.hosts[0]}). What
 * stands in a list and has a name is also found by that ({@code tools.greet.input}).
 */
final class Places {
  private final String source;
  private final Map<String, ConfigNode.Place> byKey = new HashMap<>();

  /** The keys of what stands in lists, by those that name it. */
  private final Map<String, String> indexed = new HashMap<>();

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
                    enter(key.isEmpty() ? name : key + "." + name, entry.value());
                  });
      case ConfigNode.Items items -> {
        for (int i = 0; i < items.nodes().size(); i++) {
          ConfigNode item = items.nodes().get(i);
          String member = key + "[" + i + "]";
          enter(member, item);
          String name = name(item);
          if (name != null) {
            indexed.put(key + "." + name, member);
          }
        }
      }
      case ConfigNode.Scalar scalar -> {
        // It has been entered by what holds it.
      }
    }
  }

  private void enter(String key, ConfigNode node) {
    byKey.put(key, node.place());
    collect(key, node);
  }

  private static @Nullable String name(ConfigNode node) {
    if (!(node instanceof ConfigNode.Table table)) {
      return null;
    }
    ConfigNode.Entry entry = table.entries().get("name");
    return entry != null
            && entry.value() instanceof ConfigNode.Scalar scalar
            && scalar.value() instanceof JsonValue.Str name
        ? name.value()
        : null;
  }

  /** A problem as a fault at the place of the value that it is about, or of what would hold it. */
  ConfigFault fault(Problem problem) {
    String key = indexed(key(problem));
    String detail = without(key, problem.detail());
    if (!problem.errors().isEmpty()) {
      detail = without(problem.errors().getFirst().pointer(), detail);
    }
    return new ConfigFault(
        place(key), key, problem.hint() == null ? detail : detail + " " + problem.hint());
  }

  /** The detail of a fault is printed behind its key. */
  private static String without(String key, String detail) {
    return !key.isEmpty() && detail.startsWith(key)
        ? detail.substring(key.length()).replaceFirst("^:? ", "")
        : detail;
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

  /** {@code tools[0].input} for {@code tools.greet.input}; names may have dots of their own. */
  private String indexed(String key) {
    for (int end = key.length(); end > 0; end = key.lastIndexOf('.', end - 1)) {
      String member = indexed.get(key.substring(0, end));
      if (member != null) {
        return member + key.substring(end);
      }
    }
    return key;
  }

  /** Of the key itself, else of the nearest section above it that is there, else of all. */
  String place(String key) {
    String held = indexed(key);
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
