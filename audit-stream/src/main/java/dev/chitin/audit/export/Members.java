package dev.chitin.audit.export;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import org.jspecify.annotations.Nullable;

/** Members of an entry by type; the wrong type is as good as none. */
record Members(Obj entry) {

  @Nullable String text(String name) {
    return entry.get(name) instanceof Str text ? text.value() : null;
  }

  String text(String name, String otherwise) {
    return entry.get(name) instanceof Str text ? text.value() : otherwise;
  }

  long number(String name) {
    return entry.get(name) instanceof Int number ? number.value() : 0;
  }

  @Nullable JsonValue get(String name) {
    return entry.get(name);
  }

  String kind() {
    return text("kind", "unknown");
  }
}
