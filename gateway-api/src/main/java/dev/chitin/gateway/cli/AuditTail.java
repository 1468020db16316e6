package dev.chitin.gateway.cli;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogReader;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Arr;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Prints the newest entries, one JSON object a line, and goes on as more come. The running gateway
 * opens the names that entries have sealed; from files alone they stay sealed.
 */
final class AuditTail {
  /** As many lines as stand in memory at once, since the newest are asked for first. */
  static final int MOST_LINES = 100_000;

  private static final int PAGE = 1_000;
  private static final long POLL_MILLIS = 200;

  private final Session session;

  AuditTail(Session session) {
    this.session = session;
  }

  /** Through the running gateway. */
  void ask(AdminClient client, int lines, boolean follow) {
    long next = newest(client, lines);
    if (follow) {
      String from = next < 0 ? "" : "&from=" + next;
      client.stream("/v1/audit/stream?names=true" + from, this::print);
    }
  }

  /** Prints the newest and gives the index after them; -1 when there were none. */
  private long newest(AdminClient client, int lines) {
    Deque<String> newest = new ArrayDeque<>();
    long next = -1;
    OptionalLong cursor = OptionalLong.empty();
    boolean more = lines > 0;
    while (more) {
      int limit = Math.min(PAGE, lines - newest.size());
      String from = cursor.isPresent() ? "&cursor=" + cursor.getAsLong() : "";
      Obj page = client.call(HttpMethod.GET, "/v1/audit/events?limit=" + limit + from);
      for (JsonValue item :
          page.get("entries") instanceof Arr list ? list.items() : List.<JsonValue>of()) {
        if (item instanceof Obj entry) {
          next = Math.max(next, indexOf(entry) + 1);
          newest.addFirst(CanonicalJson.inOrder(entry));
        }
      }
      cursor =
          page.get("next") instanceof Int older
              ? OptionalLong.of(older.value())
              : OptionalLong.empty();
      more = cursor.isPresent() && newest.size() < lines;
    }
    newest.forEach(this::print);
    return next;
  }

  private static long indexOf(Obj entry) {
    return entry.get("index") instanceof Int index ? index.value() : -1;
  }

  private boolean print(String line) {
    session.out().println(Texts.printable(line, false));
    return !session.out().checkError();
  }

  /** From the log's files. */
  void read(Path directory, int lines, boolean follow) {
    var reader = new LogReader(directory);
    long next = Math.max(0, reader.size() - lines);
    boolean more = true;
    while (more) {
      List<LogEntry> entries = reader.read(next, PAGE);
      entries.forEach(this::print);
      session.out().flush();
      next += entries.size();
      if (entries.isEmpty()) {
        more = follow && !Thread.interrupted() && !session.out().checkError();
        if (more) {
          // Another process writes the files; there is nothing to be woken by.
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
        }
      }
    }
  }

  private void print(LogEntry entry) {
    String line = new String(entry.json().borrow(), StandardCharsets.UTF_8);
    print("{\"index\":" + entry.index() + ",\"entry\":" + line + "}");
  }
}
