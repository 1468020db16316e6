package dev.chitin.gateway.config;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.NearestName;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds a configuration document against the {@link Spec}, collecting every fault with its place.
 */
final class SpecChecker {
  private final List<ConfigFault> faults = new ArrayList<>();
  private final List<ConfigFault> notBuilt = new ArrayList<>();

  /** Checks {@code node}, which stands under the dotted name {@code key}. */
  void check(String key, ConfigNode node, Spec spec) {
    switch (spec) {
      case Spec.Section section -> section(key, node, section);
      case Spec.Named named -> {
        if (node instanceof ConfigNode.Table table) {
          table
              .entries()
              .forEach((name, entry) -> check(join(key, name), entry.value(), named.value()));
        } else {
          fault(node, key, "must be an object");
        }
      }
      case Spec.ListOf list -> {
        if (node instanceof ConfigNode.Items items) {
          for (int i = 0; i < items.nodes().size(); i++) {
            check(key + "[" + i + "]", items.nodes().get(i), list.item());
          }
        } else {
          fault(node, key, "must be an array");
        }
      }
      case Spec.Document document -> {
        if (!(node instanceof ConfigNode.Table)) {
          fault(node, key, "must be an object");
        }
      }
      case Spec.Text text -> {
        if (!(value(node) instanceof JsonValue.Str)) {
          fault(node, key, "must be a string");
        }
      }
      case Spec.Choice choice -> {
        if (!(value(node) instanceof JsonValue.Str string)
            || !choice.values().contains(string.value())) {
          fault(
              node,
              key,
              "must be one of " + String.join(", ", choice.values()) + nearest(node, choice));
        }
      }
      case Spec.Flag flag -> {
        if (!(value(node) instanceof JsonValue.Bool)) {
          fault(node, key, "must be true or false");
        }
      }
      case Spec.Whole whole -> {
        if (!(value(node) instanceof JsonValue.Int number)
            || number.value() < whole.min()
            || number.value() > whole.max()) {
          fault(node, key, "must be a whole number between " + whole.min() + " and " + whole.max());
        }
      }
    }
  }

  private static String nearest(ConfigNode node, Spec.Choice choice) {
    return value(node) instanceof JsonValue.Str string
        ? NearestName.of(string.value(), choice.values())
            .map(known -> "; the nearest is \"" + known + "\"")
            .orElse("")
        : "";
  }

  /** What is wrong. */
  List<ConfigFault> faults() {
    return List.copyOf(faults);
  }

  /** Keys that are set and whose control is not there. */
  List<ConfigFault> notBuilt() {
    return List.copyOf(notBuilt);
  }

  private void section(String key, ConfigNode node, Spec.Section section) {
    if (!(node instanceof ConfigNode.Table table)) {
      fault(node, key, "must be an object");
      return;
    }
    table
        .entries()
        .forEach(
            (name, entry) -> {
              Spec.Key known = section.keys().get(name);
              if (known == null) {
                unknown(key, name, entry, section);
                return;
              }
              if (!known.built()) {
                notBuilt.add(
                    new ConfigFault(
                        entry.keyPlace().toString(),
                        join(key, name),
                        "is known, but its control is not built yet; take the key out to go without"
                            + " it"));
              }
              check(join(key, name), entry.value(), known.spec());
            });
    section.required().stream()
        .filter(known -> !table.entries().containsKey(known.name()))
        .forEach(
            known -> fault(table, join(key, known.name()), "is missing: " + known.description()));
  }

  private void unknown(String key, String name, ConfigNode.Entry entry, Spec.Section section) {
    String nearest =
        NearestName.of(name, section.keys().keySet())
            .map(known -> "; the nearest known key is \"" + join(key, known) + "\"")
            .orElse("; known keys here: " + String.join(", ", section.keys().keySet()));
    faults.add(
        new ConfigFault(
            entry.keyPlace().toString(), join(key, name), "is not a known key" + nearest));
  }

  private void fault(ConfigNode node, String key, String detail) {
    faults.add(new ConfigFault(node.place().toString(), key, detail));
  }

  private static JsonValue value(ConfigNode node) {
    return node instanceof ConfigNode.Scalar scalar ? scalar.value() : JsonValue.Null.VALUE;
  }

  private static String join(String key, String name) {
    return key.isEmpty() ? name : key + "." + name;
  }
}
