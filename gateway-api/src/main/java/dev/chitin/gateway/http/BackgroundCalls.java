package dev.chitin.gateway.http;

import dev.chitin.bus.Bus;
import dev.chitin.bus.BusCall;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Registration;
import dev.chitin.bus.TraceContext;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.calls.TrackedCall;
import dev.chitin.gateway.calls.TrackedCalls;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.SandboxAddresses;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolExecutor;
import dev.chitin.sandbox.ToolResult;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls that go on when their client leaves. Their output goes into a bounded ring; nobody who
 * reads it holds the tool back.
 */
final class BackgroundCalls {
  private final Bus bus;
  private final ToolExecutor executor;
  private final TrackedCalls calls;

  BackgroundCalls(Bus bus, ToolExecutor executor, TrackedCalls calls) {
    this.bus = bus;
    this.executor = executor;
    this.calls = calls;
  }

  TrackedCalls calls() {
    return calls;
  }

  /**
   * Makes {@code call}; {@code tracked} tells of it from now on.
   *
   * @param permitted what it waits for, and fails with
   * @return the end of the call, whichever it is
   */
  Future<Void> start(
      Future<Void> permitted,
      TrackedCall tracked,
      ToolCall call,
      Deadline deadline,
      Exchange exchange) {
    String requestId = exchange.requestId();
    TraceContext trace = exchange.trace();
    var output = new OutputEvents(tracked::event);
    String address = "chitin.call." + call.callId() + ".output";
    return permitted
        .compose(
            now ->
                bus.serve(
                    SandboxAddresses.output(address),
                    OutputChunk.WINDOW,
                    (chunk, context) -> {
                      started(tracked, call.callId());
                      output.take(chunk);
                      return Future.succeededFuture(OutputChunk.Ack.VALUE);
                    }))
        .compose(
            listening -> run(tracked, call.withOutput(address), deadline, trace, listening, output))
        .onFailure(failure -> failed(tracked, failure, requestId))
        .otherwiseEmpty();
  }

  private Future<Void> run(
      TrackedCall tracked,
      ToolCall call,
      Deadline deadline,
      @Nullable TraceContext trace,
      Registration listening,
      OutputEvents output) {
    BusCall<ToolResult> running = executor.execute(call, deadline, trace);
    tracked.running(running);
    return running
        .result()
        .onComplete(done -> listening.cancel())
        .onSuccess(
            result -> {
              started(tracked, call.callId());
              output.end();
              tracked.ended(ResultJson.of(result));
            })
        .mapEmpty();
  }

  private static void started(TrackedCall tracked, String callId) {
    if (tracked.knows(0) && tracked.page(0, 1).events().isEmpty()) {
      tracked.event("started", JsonValue.object().put("callId", callId).build());
    }
  }

  private static void failed(TrackedCall tracked, Throwable failure, String requestId) {
    tracked.failed(
        failure, ProblemJson.of(ChitinException.from(failure).problem(), requestId, tracked.id()));
  }
}
