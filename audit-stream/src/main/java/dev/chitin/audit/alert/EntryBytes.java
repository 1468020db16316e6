package dev.chitin.audit.alert;

import dev.chitin.audit.LogEntry;
import java.nio.charset.StandardCharsets;

/**
 * Reads single members of an entry without parsing it. In canonical JSON there is no space, and a
 * quote within a text is escaped, so that a name with its quotes and colon is found as a member
 * alone; the members asked for here are in no nested object.
 */
record EntryBytes(LogEntry entry) {

  /** Whether the entry has the member {@code name} with the text {@code value}. */
  boolean has(String name, String value) {
    return find("\"" + name + "\":\"" + value + "\"") >= 0;
  }

  /** The whole number that the member {@code name} is, or -1. */
  long number(String name) {
    byte[] json = entry.json().borrow();
    String member = "\"" + name + "\":";
    int at = find(member);
    if (at < 0) {
      return -1;
    }
    long value = 0;
    int digits = 0;
    for (int i = at + member.length(); i < json.length && Character.isDigit(json[i]); i++) {
      value = 10 * value + json[i] - '0';
      digits++;
    }
    return digits == 0 || digits > 18 ? -1 : value;
  }

  private int find(String text) {
    byte[] json = entry.json().borrow();
    byte[] part = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i <= json.length - part.length; i++) {
      int same = 0;
      while (same < part.length && json[i + same] == part[same]) {
        same++;
      }
      if (same == part.length) {
        return i;
      }
    }
    return -1;
  }
}
