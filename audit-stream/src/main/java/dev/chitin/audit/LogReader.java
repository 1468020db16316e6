package dev.chitin.audit;

import dev.chitin.audit.log.EntryReader;
import dev.chitin.audit.log.LogDamage;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads durable entries of a log, from any process, while it is written or not. Changes nothing and
 * takes no lock. To follow a log, read on from the index after the last entry. Not safe for use by
 * several threads; blocks.
 */
public final class LogReader {
  /** Most entries that one read gives. */
  public static final int MAX_COUNT = 10_000;

  private final EntryReader entries;

  public LogReader(Path directory) {
    entries = new EntryReader(directory);
  }

  /** How many entries are durable, as far as the log's files tell; entries come after it. */
  public long size() {
    try {
      return entries.size();
    } catch (LogDamage e) {
      throw e.fault().toException();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * The entries from index {@code from} on, at most {@code max}; empty when there are none now.
   *
   * @param max 1 to {@link #MAX_COUNT}
   * @throws dev.chitin.bus.ChitinException {@code audit.corrupt} where an acknowledged entry is not
   *     whole, {@code audit.unavailable} when the files cannot be read
   */
  public List<LogEntry> read(long from, int max) {
    if (from < 0 || max < 1 || max > MAX_COUNT) {
      throw new IllegalArgumentException("from 0 on, 1 to " + MAX_COUNT + " entries");
    }
    try {
      return entries.read(from, max);
    } catch (LogDamage e) {
      throw e.fault().toException();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private static RuntimeException unreadable(IOException e) {
    return Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "The audit log cannot be read.")
        .withHint("Check that the audit directory exists and that its owner reads it.")
        .toException(e);
  }
}
