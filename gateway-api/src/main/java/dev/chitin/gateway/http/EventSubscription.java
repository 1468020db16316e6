package dev.chitin.gateway.http;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.calls.CallEvent;
import dev.chitin.gateway.calls.EventSeats;
import dev.chitin.gateway.calls.TrackedCall;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One client that reads a call's events (WHATWG HTML, section 9.2), from the ring and then as they
 * come. Nothing is queued for it: when it reads slowly it is given what the ring still has, with a
 * {@code gap} event for what it has not; one that reads nothing for {@value #PATIENCE_MILLIS} ms is
 * left, and cut off when it does not take that either. It ends with the credential that opened it.
 * Confined to its event loop, but for {@link #more} and {@link #revoked}.
 */
final class EventSubscription {
  static final long PATIENCE_MILLIS = 5_000;

  private static final int PAGE = 64;

  private final Vertx vertx;
  private final Context context;
  private final Exchange exchange;
  private final HttpServerResponse response;
  private final TrackedCall call;
  private final EventSeats.Seat seat;
  private final Runnable listener = this::more;
  private final AtomicBoolean told = new AtomicBoolean();
  private long next;
  private CredentialWatch.@Nullable Hold hold;
  private @Nullable KeepAlive keepAlive;
  private long patience = -1;
  private boolean over;

  /**
   * @param next the first event that is wanted
   * @param seat given back when the client has all, or is gone
   */
  EventSubscription(
      Vertx vertx, Exchange exchange, TrackedCall call, long next, EventSeats.Seat seat) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.exchange = exchange;
    this.response = exchange.response();
    this.call = call;
    this.next = next;
    this.seat = seat;
  }

  /**
   * Begins to send, once it hangs on its credential.
   *
   * @throws dev.chitin.bus.ChitinException when it cannot; nothing was sent then
   */
  void begin(CredentialWatch watch) {
    hold = watch.hold(exchange.caller().credential(), this::revoked);
    call.listen(listener);
    exchange.whenGone(this::end);
    response.exceptionHandler(broken -> end());
    response.drainHandler(room -> drained());
    exchange.begin(200, "text/event-stream").putHeader("x-accel-buffering", "no").setChunked(true);
    keepAlive = new KeepAlive(vertx, this::write);
    write("retry: 2000\n\n");
    pump();
  }

  /** The credential has ended; on any thread. */
  private void revoked() {
    context.runOnContext(
        now -> {
          if (!over) {
            JsonValue.Obj problem =
                ProblemJson.of(CredentialWatch.ended(), exchange.requestId(), call.id());
            write("event: error\ndata: " + CanonicalJson.inOrder(problem) + "\n\n");
            finish();
          }
        });
  }

  /** There is more to see; on any thread. */
  private void more() {
    if (told.compareAndSet(false, true)) {
      context.runOnContext(now -> pump());
    }
  }

  private void drained() {
    if (patience >= 0) {
      vertx.cancelTimer(patience);
      patience = -1;
    }
    pump();
  }

  private void pump() {
    told.set(false);
    while (!over && !response.writeQueueFull()) {
      TrackedCall.Page page = call.page(next, PAGE);
      if (page.hasGap()) {
        gap(page.gapFrom(), page.gapTo());
        next = page.gapTo() + 1;
      }
      for (CallEvent event : page.events()) {
        write(text(event));
        next = event.id() + 1;
      }
      if (page.last()) {
        response.end();
        end();
      }
      if (page.events().isEmpty()) {
        return;
      }
    }
    if (!over && patience < 0) {
      patience = vertx.setTimer(PATIENCE_MILLIS, late -> leave());
    }
  }

  /** A problem may say what it should not; output is the tool's, and has no secret in it. */
  private String text(CallEvent event) {
    String data =
        event.name().equals("error") ? exchange.clean("problem", event.data()) : event.data();
    return "event: " + event.name() + "\nid: " + event.id() + "\ndata: " + data + "\n\n";
  }

  /** What the client has not read in time it finds by asking again from where it is. */
  private void leave() {
    gap(next, call.page(next, 1).gapTo());
    finish();
  }

  private void finish() {
    StreamEnd.whenRead(exchange, PATIENCE_MILLIS);
    end();
  }

  private void gap(long from, long to) {
    JsonValue.Obj range =
        JsonValue.object().put("from", from).put("to", Math.max(from, to)).build();
    write("event: gap\ndata: " + CanonicalJson.inOrder(range) + "\n\n");
  }

  private void write(String text) {
    if (!over) {
      exchange.write(Buffer.buffer(text));
    }
  }

  private void end() {
    if (!over) {
      over = true;
      if (keepAlive != null) {
        keepAlive.close();
      }
      if (patience >= 0) {
        vertx.cancelTimer(patience);
      }
      call.leave(listener);
      seat.close();
      if (hold != null) {
        hold.close();
      }
    }
  }
}
