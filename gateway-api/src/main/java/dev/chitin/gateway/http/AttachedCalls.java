package dev.chitin.gateway.http;

import dev.chitin.bus.Bus;
import dev.chitin.bus.BusCall;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolExecutor;
import dev.chitin.sandbox.ToolResult;
import io.vertx.core.Context;
import java.util.function.Consumer;

/**
 * Runs calls that their caller waits for. Such a call ends when the caller leaves, and with the
 * credential that made it.
 */
final class AttachedCalls {
  private final Bus bus;
  private final ToolExecutor executor;
  private final CallAdmission admission;
  private final CredentialWatch watch;

  AttachedCalls(HttpEdge edge) {
    this.bus = edge.bus();
    this.executor = edge.executor();
    this.admission = edge.admission();
    this.watch = edge.watch();
  }

  /**
   * Answers with the outcome of {@code call}.
   *
   * @throws ChitinException when the caller has no place for it
   */
  void answer(Exchange exchange, ToolCall call, Deadline deadline) {
    String slot = exchange.caller().account();
    admission.enter(slot);
    BusCall<ToolResult> running = executor.execute(call, deadline, exchange.trace());
    cancelWhenGone(exchange, running);
    cancelWithCredential(exchange, running, ended -> exchange.fail(ended, call.callId()));
    running
        .result()
        .onComplete(done -> admission.leave(slot))
        .onSuccess(result -> exchange.respond(200, ResultJson.of(result)))
        .onFailure(failure -> exchange.fail(failure, call.callId()));
  }

  /**
   * Answers with a stream of events, the outcome of {@code call} being the last.
   *
   * @throws ChitinException when the caller has no place for it
   */
  void stream(Exchange exchange, ToolCall call, Deadline deadline) {
    String slot = exchange.caller().account();
    admission.enter(slot);
    var events = new EventStream(exchange, call.callId());
    String address = "chitin.call." + call.callId() + ".output";
    events
        .listen(bus, address)
        .onFailure(
            failure -> {
              admission.leave(slot);
              exchange.fail(failure, call.callId());
            })
        .onSuccess(listening -> run(exchange, call.withOutput(address), deadline, slot, events));
  }

  private void run(
      Exchange exchange, ToolCall call, Deadline deadline, String slot, EventStream events) {
    BusCall<ToolResult> running = executor.execute(call, deadline, exchange.trace());
    cancelWhenGone(exchange, running);
    cancelWithCredential(exchange, running, ended -> events.fail(ended.toException()));
    running
        .result()
        .onComplete(
            done -> {
              admission.leave(slot);
              events.close();
            })
        .onSuccess(events::end)
        .onFailure(events::fail);
  }

  private static void cancelWhenGone(Exchange exchange, BusCall<ToolResult> running) {
    if (exchange.response().closed()) {
      running.cancel("the client disconnected");
      return;
    }
    exchange.whenGone(() -> running.cancel("the client disconnected"));
  }

  /** A call ends with the credential that made it; its caller is told at once. */
  private void cancelWithCredential(
      Exchange exchange, BusCall<ToolResult> running, Consumer<Problem> tell) {
    Context here = exchange.context();
    try {
      CredentialWatch.Hold hold =
          watch.hold(
              exchange.caller().credential(),
              () -> here.runOnContext(now -> end(running, tell, CredentialWatch.ended())));
      running.result().onComplete(done -> hold.close());
    } catch (ChitinException refused) {
      end(running, tell, refused.problem());
    }
  }

  private static void end(BusCall<ToolResult> running, Consumer<Problem> tell, Problem problem) {
    running.cancel("the credential ended");
    tell.accept(problem);
  }
}
