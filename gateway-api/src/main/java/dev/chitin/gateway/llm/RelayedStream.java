package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.sandbox.http.RelayedAnswer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;

/**
 * Passes one answer of a provider on to the client, piece by piece as it comes and as fast as the
 * client takes it; a stream's events as soon as they are whole. Used on one event loop.
 */
final class RelayedStream {
  /** RFC 9113, section 7; without a code HTTP/2 resets a stream as if nothing were wrong. */
  private static final long INTERNAL_ERROR = 2;

  private final LlmClient client;
  private final AnswerHead head;
  private final AnswerReader reader;
  private final HttpServerResponse response;
  private final EventTail tail = new EventTail();

  /**
   * @param choices how many answers in one were asked for
   */
  RelayedStream(
      Vertx vertx,
      LlmClient client,
      RelayedAnswer answer,
      String callId,
      int choices,
      ProviderSettings provider) {
    this.client = client;
    this.head = AnswerHead.of(answer);
    this.reader = new AnswerReader(vertx, answer, head.events(), choices, provider);
    this.response = head.begin(client, callId).setChunked(true);
  }

  /** Passes it on to its end; fails with why it did not come whole. */
  Future<Void> relay() {
    Future<Void> whole = reader.read(this::pass);
    client.write(Buffer.buffer()); // The head goes at once.
    return whole;
  }

  private void pass(byte[] piece) {
    byte[] passing = head.events() ? tail.take(piece) : piece;
    if (passing.length > 0) {
      client.write(Buffer.buffer(passing));
    }
    if (response.writeQueueFull()) {
      reader.hold();
      response.drainHandler(room -> reader.release());
    }
  }

  /** Ends it from this side; clients leave when they have the last event, as some SDKs do. */
  void stop(ChitinException reason) {
    reader.leave(reason);
  }

  /**
   * Says in the dialect of the route that more was to come, and ends; never as if it were whole.
   */
  void tell(Dialect dialect, boolean typed, ChitinException failure) {
    if (response.ended() || response.closed()) {
      return;
    }
    if (!head.events()) {
      response.reset(INTERNAL_ERROR);
      return;
    }
    String border = tail.isCut() ? "\n\n" : "";
    client.end(
        Buffer.buffer(border + dialect.errorEvent(failure.problem(), client.requestId(), typed)));
  }

  /** Ends an answer that is whole. */
  void end() {
    if (!response.ended() && !response.closed()) {
      client.end(Buffer.buffer(tail.rest()));
    }
  }

  /** What was read. */
  AnswerReader reader() {
    return reader;
  }
}
