package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/**
 * The one answer that a loop's client gets. A client that wants a stream gets one as soon as the
 * loop takes a second turn, with comments while the tools run (WHATWG HTML, section 9.2.7), and the
 * last turn's events in it as the provider wrote them. Used on one event loop.
 */
final class LoopAnswer implements AutoCloseable {
  private static final long KEEP_ALIVE_MILLIS = 15_000;
  private static final String COMMENT = ": tool loop\n\n";

  private final Vertx vertx;
  private final LlmClient client;
  private final Provider provider;
  private final LlmRoute route;
  private final String callId;
  private @Nullable HttpServerResponse stream;
  private long timer = -1;
  private int turns;
  private int calls;

  LoopAnswer(Vertx vertx, LlmClient client, Provider provider, LlmRoute route, String callId) {
    this.vertx = vertx;
    this.client = client;
    this.provider = provider;
    this.route = route;
    this.callId = callId;
  }

  /** The client waits for a stream, and may not wait in silence for long. */
  void streamed() {
    timer = vertx.setPeriodic(KEEP_ALIVE_MILLIS, tick -> comment());
  }

  /** A turn was asked for. */
  void turn() {
    turns++;
  }

  /** The model asked for tools, and {@code begun} of them were run. */
  void ran(int begun) {
    calls += begun;
  }

  /** The model asks for tools: the answer will take a while. */
  void working() {
    if (timer >= 0) {
      comment();
    }
  }

  private void comment() {
    HttpServerResponse response = stream;
    if (response == null) {
      response = client.begin(200, "text/event-stream").setChunked(true);
      response.putHeader("chitin-call-id", callId).putHeader("x-accel-buffering", "no");
      stream = response;
    }
    // Of a few bytes each; who does not read them is noticed by the connection's idle time.
    if (!response.ended() && !response.closed() && !response.writeQueueFull()) {
      client.write(Buffer.buffer(COMMENT));
    }
  }

  /** Gives the last turn's answer. */
  void give(TurnAnswer answer) {
    HttpServerResponse begun = stream;
    if (begun != null) {
      giveInto(begun, answer);
      return;
    }
    HttpServerResponse response = client.request().response();
    if (response.ended() || response.closed()) {
      return;
    }
    response
        .putHeader("chitin-loop-turns", Integer.toString(turns))
        .putHeader("chitin-loop-calls", Integer.toString(calls));
    answer.head().begin(client, callId);
    if (answer.failed()) {
      oneTry(response);
    }
    client.end(Buffer.buffer(answer.bytes().borrow()));
  }

  private void giveInto(HttpServerResponse response, TurnAnswer answer) {
    if (!answer.head().events()) {
      fail(
          Problem.of(
                  ProblemCode.LLM_PROVIDER_FAILED,
                  "The provider answered turn "
                      + turns
                      + " of the tool loop with status "
                      + answer.head().status()
                      + " and no stream.")
              .withHint("Ask again later.")
              .toException());
    } else if (!response.ended() && !response.closed()) {
      client.end(Buffer.buffer(answer.bytes().borrow()));
    }
  }

  /** Says in the route's own shape why there is no answer. */
  void fail(ChitinException reason) {
    HttpServerResponse response = stream;
    if (response == null) {
      HttpServerResponse answer = client.request().response();
      if (!answer.headWritten()) {
        answer.putHeader("chitin-call-id", callId);
      }
      oneTry(answer);
      LlmRun.refuse(client, provider, reason, callId);
    } else if (!response.ended() && !response.closed()) {
      Dialect dialect = provider.settings().dialect();
      boolean typed = route == LlmRoute.RESPONSES;
      client.end(Buffer.buffer(dialect.errorEvent(reason.problem(), client.requestId(), typed)));
    }
  }

  /** The vendors' SDKs repeat what failed, and what a tool has done would be done again. */
  private void oneTry(HttpServerResponse response) {
    if (calls > 0 && !response.headWritten()) {
      response.putHeader("x-should-retry", "false");
    }
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
