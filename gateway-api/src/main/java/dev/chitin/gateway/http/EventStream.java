package dev.chitin.gateway.http;

import dev.chitin.bus.Bus;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.Registration;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.SandboxAddresses;
import dev.chitin.sandbox.ToolResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/**
 * One call's answer as server-sent events (WHATWG HTML, section 9.2): {@code started}, {@code
 * stdout}, {@code stderr}, then {@code result} or {@code error}. Nothing is sent before the tool
 * may run, so that a refusal is an ordinary problem. A slow client holds the tool's output back.
 */
final class EventStream {
  private final Exchange exchange;
  private final String callId;
  private final OutputEvents output = new OutputEvents(this::event);
  private @Nullable Registration registration;
  private @Nullable KeepAlive keepAlive;
  private long sequence;

  EventStream(Exchange exchange, String callId) {
    this.exchange = exchange;
    this.callId = callId;
  }

  /** Takes the pieces that come to {@code address}. */
  Future<Void> listen(Bus bus, String address) {
    return bus.serve(
            SandboxAddresses.output(address), OutputChunk.WINDOW, (chunk, context) -> take(chunk))
        .map(
            taken -> {
              registration = taken;
              return null;
            });
  }

  private Future<OutputChunk.Ack> take(OutputChunk chunk) {
    HttpServerResponse response = exchange.response();
    if (response.closed() || response.ended()) {
      return Future.failedFuture(
          Problem.of(ProblemCode.CALL_CANCELLED, "The client left.").toException());
    }
    if (!response.headWritten()) {
      start();
      keepAlive = new KeepAlive(exchange.context().owner(), this::write);
    }
    output.take(chunk);
    if (!response.writeQueueFull()) {
      return Future.succeededFuture(OutputChunk.Ack.VALUE);
    }
    Promise<OutputChunk.Ack> drained = Promise.promise();
    response.drainHandler(room -> drained.tryComplete(OutputChunk.Ack.VALUE));
    return drained.future();
  }

  private void start() {
    exchange.begin(200, "text/event-stream").putHeader("x-accel-buffering", "no").setChunked(true);
    event("started", JsonValue.object().put("callId", callId).build());
  }

  private void write(String text) {
    HttpServerResponse response = exchange.response();
    if (!response.closed() && !response.ended()) {
      exchange.write(Buffer.buffer(text));
    }
  }

  private void event(String name, JsonValue.Obj data) {
    event(name, CanonicalJson.inOrder(data));
  }

  private void event(String name, String data) {
    write("event: " + name + "\nid: " + sequence++ + "\ndata: " + data + "\n\n");
  }

  /** Sends the result and ends the answer. */
  void end(ToolResult result) {
    HttpServerResponse response = exchange.response();
    if (response.closed() || response.ended()) {
      return;
    }
    if (!response.headWritten()) {
      start();
    }
    output.end();
    event("result", ResultJson.of(result));
    response.end();
  }

  /** Sends why there is no result and ends the answer. */
  void fail(Throwable failure) {
    HttpServerResponse response = exchange.response();
    if (response.closed() || response.ended()) {
      return;
    }
    if (!response.headWritten()) {
      exchange.fail(failure, callId);
      return;
    }
    JsonValue.Obj problem =
        ProblemJson.of(ChitinException.from(failure).problem(), exchange.requestId(), callId);
    event("error", exchange.clean("problem", CanonicalJson.inOrder(problem)));
    response.end();
  }

  /** Takes no more pieces. */
  void close() {
    if (registration != null) {
      registration.cancel();
    }
    if (keepAlive != null) {
      keepAlive.close();
    }
  }
}
