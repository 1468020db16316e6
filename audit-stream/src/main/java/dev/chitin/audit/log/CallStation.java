package dev.chitin.audit.log;

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
  private static final byte[] KIND = pattern("\"kind\":\"ToolExecution\"");
  private static final byte[] CALL = pattern("\"callId\":\"");
  private static final byte[] PHASE = pattern("\"phase\":\"");

  /** The station, unless the entry is about something else or a call that never was to run. */
  static Optional<CallStation> of(byte[] entry) {
    if (indexOf(entry, KIND) < 0) {
      return Optional.empty();
    }
    return switch (value(entry, PHASE)) {
      case "Authorized" -> Optional.of(new CallStation(value(entry, CALL), true));
      case "Completed", "Relayed", "NotRun", "OutcomeUnknown" ->
          Optional.of(new CallStation(value(entry, CALL), false));
      default -> Optional.empty();
    };
  }

  private static String value(byte[] entry, byte[] name) {
    int at = indexOf(entry, name);
    if (at < 0) {
      return "";
    }
    int start = at + name.length;
    int end = start;
    while (end < entry.length && entry[end] != '"') {
      end += entry[end] == '\\' ? 2 : 1;
    }
    return new String(entry, start, Math.min(end, entry.length) - start, StandardCharsets.UTF_8);
  }

  private static int indexOf(byte[] bytes, byte[] pattern) {
    int last = bytes.length - pattern.length;
    for (int i = 0; i <= last; i++) {
      if (bytes[i] == pattern[0] && matches(bytes, i, pattern)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean matches(byte[] bytes, int at, byte[] pattern) {
    for (int i = 1; i < pattern.length; i++) {
      if (bytes[at + i] != pattern[i]) {
        return false;
      }
    }
    return true;
  }

  private static byte[] pattern(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
