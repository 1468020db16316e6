package dev.chitin.audit;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How long a log keeps its entries. An entry may go when one of the bounds releases it; what goes
 * is whole segments, so that more is kept than the bounds ask for, never less.
 *
 * @param maxAge older entries go; null for any age. Time is what entries say, as read from the
 *     clock when they were made
 * @param maxEvents entries before so many newest ones go; 0 for any number
 * @param archive where entries are copied to, and verified, before they go; null for nowhere
 */
public record RetentionPolicy(@Nullable Duration maxAge, long maxEvents, @Nullable Path archive) {
  /** Everything is kept. */
  public static final RetentionPolicy KEEP_ALL = new RetentionPolicy(null, 0, null);

  public RetentionPolicy {
    if (maxEvents < 0 || (maxAge != null && !maxAge.isPositive())) {
      throw new IllegalArgumentException("an age and a number above 0");
    }
  }

  /** Whether anything ever goes. */
  public boolean prunes() {
    return maxAge != null || maxEvents > 0;
  }

  /**
   * Whether all entries below {@code index} may go. By age it is the newest of them that tells: a
   * clock that was put back in between makes nothing go early.
   *
   * @param size how many entries the log has
   */
  boolean releases(LogReader reader, long index, long size, Instant now) {
    if (maxEvents > 0 && index <= size - maxEvents) {
      return true;
    }
    if (maxAge == null || index < 1) {
      return false;
    }
    List<LogEntry> newest = reader.read(index - 1, 1);
    return !newest.isEmpty()
        && newest.getFirst().index() == index - 1
        && time(newest.getFirst()) < now.minus(maxAge).toEpochMilli();
  }

  private static long time(LogEntry entry) {
    try {
      return StrictJson.parse(entry.json().borrow()) instanceof JsonValue.Obj members
              && members.get("time") instanceof JsonValue.Int time
          ? time.value()
          : Long.MAX_VALUE;
    } catch (JsonSyntaxException e) {
      throw Problem.of(ProblemCode.AUDIT_CORRUPT, "Entry " + entry.index() + " is no JSON.")
          .withHint("chitin audit verify says what is damaged.")
          .toException(e);
    }
  }
}
