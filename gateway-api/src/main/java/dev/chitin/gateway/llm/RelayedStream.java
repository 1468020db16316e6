package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.sandbox.http.RelayedAnswer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Passes one answer of a provider on to the client, piece by piece as it comes and as fast as the
 * client takes it, and listens to what it cost. Used on one event loop.
 */
final class RelayedStream {
  private final Vertx vertx;
  private final LlmClient client;
  private final RelayedAnswer answer;
  private final HttpServerResponse response;
  private final UsageTap tap;
  private final long idleMillis;
  private final boolean events;
  private final MessageDigest digest = sha256();
  private final Promise<Void> whole = Promise.promise();
  private long bytes;
  private long lastNanos = System.nanoTime();
  private boolean waitsForClient;
  private long timer;

  RelayedStream(
      Vertx vertx, LlmClient client, RelayedAnswer answer, String callId, long idleMillis) {
    this.vertx = vertx;
    this.client = client;
    this.answer = answer;
    this.idleMillis = idleMillis;
    String type = answer.header("content-type");
    String shown = type == null || !ForwardedFields.isPlain(type) ? "application/json" : type;
    this.events = shown.toLowerCase(Locale.ROOT).startsWith("text/event-stream");
    this.tap = new UsageTap(events);
    this.response = client.begin(answer.status(), shown).setChunked(true);
    response.putHeader("chitin-call-id", callId);
    if (events) {
      response.putHeader("x-accel-buffering", "no");
    }
    for (String name : answer.headerNames()) {
      String value = answer.header(name);
      if (value != null && ForwardedFields.passesOut(name) && ForwardedFields.isPlain(value)) {
        response.putHeader(name, value);
      }
    }
  }

  /** Passes it on to its end; fails with why it did not come whole. */
  Future<Void> relay() {
    timer = vertx.setTimer(idleMillis, late -> look());
    answer.begin(
        this::pass,
        () -> {
          tap.end();
          whole.tryComplete();
        },
        broken -> whole.tryFail(brokenOff(broken)));
    response.write(Buffer.buffer());
    return whole.future().onComplete(over -> vertx.cancelTimer(timer));
  }

  private void pass(Buffer piece) {
    lastNanos = System.nanoTime();
    if (piece.length() == 0 || whole.future().isComplete()) {
      return;
    }
    byte[] content = piece.getBytes();
    bytes += content.length;
    digest.update(content);
    tap.take(content);
    response.write(piece);
    if (response.writeQueueFull()) {
      waitsForClient = true;
      answer.pause();
      response.drainHandler(
          room -> {
            waitsForClient = false;
            lastNanos = System.nanoTime();
            answer.resume();
          });
    }
  }

  /** While the client takes nothing the provider is not the one that is silent. */
  private void look() {
    long idle = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastNanos);
    if (!waitsForClient && idle >= idleMillis) {
      stop(
          Problem.of(
                  ProblemCode.LLM_PROVIDER_TIMEOUT,
                  "The provider said nothing for " + idleMillis + " ms.")
              .withHint("Ask again; the limit is providers.<name>.idle_ms.")
              .toException());
    } else if (!whole.future().isComplete()) {
      timer =
          vertx.setTimer(
              Math.max(1, waitsForClient ? idleMillis : idleMillis - idle), late -> look());
    }
  }

  /** Ends it from this side. */
  void stop(ChitinException reason) {
    answer.reset();
    whole.tryFail(reason);
  }

  /**
   * Says in the dialect of the route that more was to come, and ends; never as if it were whole.
   */
  void tell(Dialect dialect, boolean typed, ChitinException failure) {
    if (response.ended() || response.closed()) {
      return;
    }
    if (!events) {
      response.reset();
      return;
    }
    String border = tap.atBorder() ? "" : "\n\n";
    response.end(
        Buffer.buffer(border + dialect.errorEvent(failure.problem(), client.requestId(), typed)));
  }

  /** Ends an answer that is whole. */
  void end() {
    if (!response.ended() && !response.closed()) {
      response.end();
    }
  }

  Usage usage() {
    return tap.usage();
  }

  /** Whether the provider failed after it had begun. */
  boolean failed() {
    return tap.failed();
  }

  int status() {
    return answer.status();
  }

  /** Bytes that were passed on. */
  long bytes() {
    return bytes;
  }

  /** Over the bytes that were passed on; asked for once. */
  Digest digest() {
    return Digest.ofBytes(digest.digest());
  }

  private static ChitinException brokenOff(Throwable broken) {
    return broken instanceof ChitinException known
        ? known
        : Problem.of(
                ProblemCode.LLM_PROVIDER_FAILED,
                "The provider broke off in the middle of its answer.")
            .withHint("Ask again; what came so far may have been charged.")
            .toException(broken);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
