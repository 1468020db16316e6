package dev.chitin.gateway;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogReader;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.StrictJson;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;

/** Up to which entry somebody wants a log pruned: an index, a day or an instant (ISO 8601, UTC). */
public final class PruneLimit {
  private PruneLimit() {}

  /**
   * The index that {@code before} stands for: for a time, of the first entry that is not older,
   * found by halving. Never above {@code size}. Blocks.
   *
   * @param size how many entries the log has
   * @throws dev.chitin.bus.ChitinException {@code request.malformed} when it is neither
   */
  public static long index(LogReader reader, long size, String before) {
    if (before.matches("[0-9]{1,18}")) {
      return Math.min(size, Long.parseLong(before));
    }
    long millis = millis(before);
    long low = 0;
    long high = size;
    while (low < high) {
      long middle = (low + high) >>> 1;
      List<LogEntry> read = reader.read(middle, 1);
      if (read.isEmpty() || time(read.getFirst()) >= millis) {
        high = middle;
      } else {
        low = Math.max(middle, read.getFirst().index()) + 1;
      }
    }
    return low;
  }

  private static long millis(String before) {
    try {
      return before.contains("T")
          ? Instant.parse(before).toEpochMilli()
          : LocalDate.parse(before).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
    } catch (DateTimeParseException e) {
      throw Problem.of(ProblemCode.REQUEST_MALFORMED, "What to prune is not understood.")
          .withRule("before")
          .withHint("Write an index, a day as 2027-01-31, or an instant as 2027-01-31T12:00:00Z.")
          .toException(e);
    }
  }

  private static long time(LogEntry entry) {
    try {
      return StrictJson.parse(entry.json().borrow()) instanceof Obj members
              && members.get("time") instanceof Int time
          ? time.value()
          : 0;
    } catch (JsonSyntaxException e) {
      throw new IllegalArgumentException("entry " + entry.index() + " is no JSON", e);
    }
  }
}
