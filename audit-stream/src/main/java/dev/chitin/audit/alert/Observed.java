package dev.chitin.audit.alert;

import dev.chitin.audit.LogEntry;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue.Bool;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import dev.chitin.bus.json.StrictJson;
import java.util.Optional;

/** An entry as rules see it; a member of the wrong type is as good as none. */
record Observed(long index, Obj members) {

  /** Whether the entry is an alert itself. */
  static boolean isAlert(LogEntry entry) {
    return new EntryBytes(entry).has("kind", "AlertRaised");
  }

  /** The entry; empty when no rule asks for such, which spares parsing every second one. */
  static Optional<Observed> of(LogEntry entry) {
    if (new EntryBytes(entry).has("phase", "Completed")) {
      return Optional.empty();
    }
    return Optional.of(parsed(entry));
  }

  /** The entry, whatever it is. */
  static Observed parsed(LogEntry entry) {
    try {
      if (StrictJson.parse(entry.json().borrow()) instanceof Obj members) {
        return new Observed(entry.index(), members);
      }
      throw new IllegalArgumentException("entry " + entry.index() + " is no object");
    } catch (JsonSyntaxException e) {
      throw new IllegalArgumentException("entry " + entry.index() + " is no JSON", e);
    }
  }

  String kind() {
    return text("kind");
  }

  /** When it was made, milliseconds since 1970. */
  long time() {
    return number("time");
  }

  /** The member's text, empty when it has none. */
  String text(String name) {
    return members.get(name) instanceof Str text ? text.value() : "";
  }

  boolean has(String name, String value) {
    return text(name).equals(value);
  }

  long number(String name) {
    return members.get(name) instanceof Int number ? number.value() : 0;
  }

  boolean flag(String name) {
    return members.get(name) instanceof Bool flag && flag.value();
  }
}
