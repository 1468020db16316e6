package dev.chitin.audit.log;

import dev.chitin.bus.Needle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What one entry says about the life of a call, read from the entry's bytes without parsing them.
 *
 * <p>In canonical JSON a quote inside a string is escaped and there is no white space, so {@code
 * "name":"} occurs only where a member of that name with a string value stands, and its value ends
 * at the next quote that no backslash precedes. Recovery reads hundreds of thousands of entries,
 * and the writer each one; this costs a small part of a parse.
 *
 * @param callId as it stands in the entry, escapes included
 * @param opens whether the call may run from here on; otherwise this is its end
 */
record CallStation(String callId, boolean opens) {
  private static final Needle KIND = Needle.of("\"kind\":\"ToolExecution\"");
  private static final Needle CALL = Needle.of("\"callId\":\"");
  private static final Needle PHASE = Needle.of("\"phase\":\"");

  /** The station, unless the entry is about something else or a call that never was to run. */
  static Optional<CallStation> of(byte[] entry) {
    if (!KIND.isIn(entry)) {
      return Optional.empty();
    }
    return switch (value(entry, PHASE)) {
      case "Authorized" -> Optional.of(new CallStation(value(entry, CALL), true));
      case "Completed", "Relayed", "NotRun", "OutcomeUnknown" ->
          Optional.of(new CallStation(value(entry, CALL), false));
      default -> Optional.empty();
    };
  }

  private static String value(byte[] entry, Needle name) {
    int at = name.indexIn(entry);
    if (at < 0) {
      return "";
    }
    int start = at + name.length();
    int end = start;
    while (end < entry.length && entry[end] != '"') {
      end += entry[end] == '\\' ? 2 : 1;
    }
    return new String(entry, start, Math.min(end, entry.length) - start, StandardCharsets.UTF_8);
  }
}
