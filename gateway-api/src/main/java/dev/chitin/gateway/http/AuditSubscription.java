package dev.chitin.gateway.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.log.EntryReader;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.auth.CredentialWatch;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One client that reads the log live (WHATWG HTML, section 9.2): {@code id:} is the index, {@code
 * event:} the kind, {@code data:} the entry. It reads durable entries from disk at its own pace, a
 * page of at most {@value #PAGE} entries and {@value #PAGE_BYTES} bytes at a time, so that nothing
 * gathers for it. One that takes nothing in time is told its {@code gap} and left. Confined to its
 * event loop, but for {@link #more}, {@link #stop} and {@link #revoked}.
 */
final class AuditSubscription {
  private static final int PAGE = 1_024;
  private static final int PAGE_BYTES = 1 << 20;

  private final AuditStreams streams;
  private final Exchange exchange;
  private final Context context;
  private final HttpServerResponse response;
  private final @Nullable String tenant;
  private final boolean names;
  private final EntryReader reader;
  private final AtomicBoolean told = new AtomicBoolean();
  private final Deque<LogEntry> page = new ArrayDeque<>();
  private CredentialWatch.@Nullable Hold hold;
  private long next;
  private @Nullable KeepAlive keepAlive;
  private long patience = -1;
  private boolean reading;
  private boolean over;

  /**
   * @param next the first index that is wanted
   * @param tenant whose entries, or null for everybody's
   * @param names whether {@code data:} is the entry with its index and its sealed names opened
   */
  AuditSubscription(
      AuditStreams streams, Exchange exchange, long next, @Nullable String tenant, boolean names) {
    this.streams = streams;
    this.exchange = exchange;
    this.context = exchange.context();
    this.response = exchange.response();
    this.tenant = tenant;
    this.names = names;
    this.next = next;
    this.reader = new EntryReader(streams.search().directory());
  }

  /** Begins to send, once it has a place and hangs on its credential. */
  void begin(CredentialWatch watch) {
    streams.enter(this);
    try {
      hold = watch.hold(exchange.caller().credential(), this::revoked);
    } catch (RuntimeException e) {
      streams.leave(this);
      throw e;
    }
    exchange.whenGone(this::end);
    response.exceptionHandler(broken -> end());
    response.drainHandler(room -> drained());
    exchange.begin(200, "text/event-stream").putHeader("x-accel-buffering", "no").setChunked(true);
    keepAlive = new KeepAlive(streams.vertx(), this::write);
    write("retry: 2000\n\n");
    pump();
  }

  /** There is more that is durable; on any thread. */
  void more() {
    if (told.compareAndSet(false, true)) {
      context.runOnContext(now -> pump());
    }
  }

  /** The credential has ended; on any thread. */
  private void revoked() {
    context.runOnContext(
        now -> {
          if (!over) {
            JsonValue.Obj problem =
                ProblemJson.of(CredentialWatch.ended(), exchange.requestId(), null);
            write("event: error\ndata: " + CanonicalJson.inOrder(problem) + "\n\n");
            finish();
          }
        });
  }

  /** The gateway stops; on any thread. */
  void stop() {
    context.runOnContext(
        now -> {
          if (!over) {
            finish();
          }
        });
  }

  private void drained() {
    if (patience >= 0) {
      streams.vertx().cancelTimer(patience);
      patience = -1;
    }
    pump();
  }

  private void pump() {
    told.set(false);
    while (!over && !page.isEmpty() && !response.writeQueueFull()) {
      send(page.remove());
    }
    if (over) {
      return;
    }
    if (response.writeQueueFull()) {
      if (patience < 0) {
        patience = streams.vertx().setTimer(streams.patienceMillis(), late -> leave());
      }
    } else if (!reading && next < streams.size()) {
      read();
    }
  }

  private void read() {
    reading = true;
    long from = next;
    streams
        .search()
        .reads()
        .read(() -> within(reader.read(from, PAGE, 0)))
        .onComplete(
            done ->
                context.runOnContext(
                    now -> {
                      reading = false;
                      if (done.failed()) {
                        fail(done.cause());
                      } else if (!done.result().isEmpty()) {
                        pruned(from, done.result().getFirst().index());
                        page.addAll(done.result());
                        next = page.getLast().index() + 1;
                        pump();
                      }
                    }));
  }

  /** What was asked for and is not in the log any more is named as a gap. */
  private void pruned(long from, long first) {
    if (first > from) {
      gap(from, first - 1);
    }
  }

  private void gap(long from, long to) {
    JsonValue.Obj range = JsonValue.object().put("from", from).put("to", to).build();
    write("event: gap\ndata: " + CanonicalJson.inOrder(range) + "\n\n");
  }

  private static List<LogEntry> within(List<LogEntry> entries) {
    int bytes = 0;
    for (int i = 0; i < entries.size(); i++) {
      bytes += entries.get(i).json().length();
      if (bytes > PAGE_BYTES && i > 0) {
        return List.copyOf(entries.subList(0, i));
      }
    }
    return entries;
  }

  private void send(LogEntry entry) {
    try {
      if (StrictJson.parse(entry.json().borrow()) instanceof Obj members
          && (tenant == null || isOf(members, "tenant", tenant))) {
        String kind = members.get("kind") instanceof Str text ? text.value() : "unknown";
        write(
            "id: "
                + entry.index()
                + "\nevent: "
                + kind
                + "\ndata: "
                + (names
                    ? CanonicalJson.inOrder(
                        AuditEventRoutes.json(entry.index(), members, streams.search()))
                    : new String(entry.json().borrow(), UTF_8))
                + "\n\n");
      }
    } catch (JsonSyntaxException e) {
      fail(e);
    }
  }

  private static boolean isOf(Obj entry, String member, String value) {
    return entry.get(member) instanceof Str text && text.value().equals(value);
  }

  private void fail(Throwable failure) {
    if (!over) {
      JsonValue.Obj problem =
          ProblemJson.of(ChitinException.from(failure).problem(), exchange.requestId(), null);
      write("event: error\ndata: " + CanonicalJson.inOrder(problem) + "\n\n");
      finish();
    }
  }

  /** What the client has not taken it finds by asking again from where it is. */
  private void leave() {
    if (!over) {
      streams.countGap();
      long from = page.isEmpty() ? next : page.getFirst().index();
      gap(from, Math.max(from, streams.size() - 1));
      finish();
    }
  }

  /** Ends the answer; a client that does not even take its end is cut off after a while. */
  private void finish() {
    StreamEnd.whenRead(exchange, streams.patienceMillis());
    end();
  }

  private void write(String text) {
    if (!over) {
      exchange.write(Buffer.buffer(text));
    }
  }

  private void end() {
    if (!over) {
      over = true;
      page.clear();
      if (keepAlive != null) {
        keepAlive.close();
      }
      if (patience >= 0) {
        streams.vertx().cancelTimer(patience);
      }
      streams.leave(this);
      if (hold != null) {
        hold.close();
      }
    }
  }
}
