package dev.chitin.audit.alert;

import dev.chitin.audit.EntryMembers;
import dev.chitin.audit.LogEntry;

/** An entry as rules see it; a member of the wrong type is as good as none. */
record Observed(long index, EntryMembers members) {

  /**
   * The entry, whatever it is.
   *
   * @throws IllegalArgumentException when it is not an object
   */
  static Observed of(LogEntry entry) {
    return EntryMembers.of(entry)
        .map(members -> new Observed(entry.index(), members))
        .orElseThrow(
            () -> new IllegalArgumentException("entry " + entry.index() + " is no JSON object"));
  }

  /** Whether the entry is an alert itself. */
  boolean isAlert() {
    return has("kind", "AlertRaised");
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
    return members.text(name);
  }

  boolean has(String name, String value) {
    return members.has(name, value);
  }

  /** The member's whole number, 0 when it has none. */
  long number(String name) {
    return members.number(name, 0);
  }

  boolean flag(String name) {
    return members.flag(name);
  }
}
