package dev.chitin.audit.alert;

import dev.chitin.audit.EntryMembers;
import dev.chitin.audit.LogEntry;
import org.jspecify.annotations.Nullable;

/**
 * An entry as rules see it; a member of the wrong type is as good as none. What most rules ask for
 * is read once. For one thread.
 */
final class Observed {
  private final long index;
  private final EntryMembers members;
  private final String kind;
  private final long time;
  private @Nullable String principal;

  private Observed(long index, EntryMembers members) {
    this.index = index;
    this.members = members;
    kind = members.text("kind");
    time = members.number("time", 0);
  }

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

  long index() {
    return index;
  }

  /** Whether the entry is an alert itself. */
  boolean isAlert() {
    return kind.equals("AlertRaised");
  }

  String kind() {
    return kind;
  }

  /** When it was made, milliseconds since 1970. */
  long time() {
    return time;
  }

  /** Its principal, by hash; empty when it has none. */
  String principal() {
    String known = principal;
    if (known == null) {
      known = text("principal");
      principal = known;
    }
    return known;
  }

  /** {@code name} within the entry's tenant. */
  String ofTenant(String name) {
    return text("tenant") + '\n' + name;
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
