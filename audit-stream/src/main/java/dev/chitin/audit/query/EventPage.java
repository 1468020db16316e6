package dev.chitin.audit.query;

import dev.chitin.audit.LogEntry;
import dev.chitin.bus.json.JsonValue.Obj;
import java.util.List;
import java.util.OptionalLong;

/**
 * One page of an answer.
 *
 * @param found in the order that was asked for
 * @param next index from which to look on, in that order; empty when there is nothing more
 * @param complete false when a bound on what is read ended the search before the page was full:
 *     {@code next} goes on from there
 * @param scanned how many entries were read
 * @param size how many entries the log had
 */
public record EventPage(
    List<Found> found, OptionalLong next, boolean complete, long scanned, long size) {
  public EventPage {
    found = List.copyOf(found);
  }

  /** An entry, with its members. */
  public record Found(LogEntry entry, Obj members) {}
}
