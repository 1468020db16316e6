package dev.chitin.audit.log;

import dev.chitin.audit.LogFault;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the entries of a log say of its pruning. The file {@link Minimum} is not signed; the entries
 * are. So whoever hides entries by raising it is found out: the newest record of a pruning is never
 * pruned by it, and names the minimum that holds.
 */
final class PruneRecords {
  private static final Pattern DETAIL = Pattern.compile("minimum index ([0-9]{1,18})");

  private long greatest;

  /** Takes note of one entry that is there. */
  void observe(byte[] entry) {
    try {
      if (StrictJson.parse(entry) instanceof JsonValue.Obj members
          && is(members, "kind", "LogEvent")
          && is(members, "action", "pruned")
          && members.get("detail") instanceof JsonValue.Str detail) {
        Matcher matcher = DETAIL.matcher(detail.value());
        if (matcher.matches()) {
          greatest = Math.max(greatest, Long.parseLong(matcher.group(1)));
        }
      }
    } catch (JsonSyntaxException e) {
      // Whatever it is, it records no pruning; that an entry is the one that was hashed is judged
      // elsewhere.
      return;
    }
  }

  /** What is wrong with a log that begins with {@code minimum}, once all entries were seen. */
  Optional<LogFault> fault(long minimum) {
    return minimum <= greatest
        ? Optional.empty()
        : Optional.of(
            new LogFault(
                greatest,
                "minimum",
                0,
                "entries below " + minimum + " are missing, and no entry records their pruning"));
  }

  private static boolean is(JsonValue.Obj members, String name, String value) {
    return members.get(name) instanceof JsonValue.Str text && text.value().equals(value);
  }
}
