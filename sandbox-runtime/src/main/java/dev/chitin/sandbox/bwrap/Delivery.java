package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.nativeos.Poller;
import io.vertx.core.Context;
import io.vertx.core.Future;

/**
 * Hands output to the sink on the call's own context, and its answers back to the poller. When the
 * sink fails nobody listens any more, and output is only kept. Confined to the poller's thread.
 */
final class Delivery {
  private final Context context;
  private final Poller poller;
  private OutputSink sink = OutputSink.NONE;
  private boolean listening;

  Delivery(Context context, Poller poller) {
    this.context = context;
    this.poller = poller;
  }

  /** From now on {@code sink} hears; before, output is only kept. */
  void attach(OutputSink sink) {
    this.sink = sink;
    listening = !sink.equals(OutputSink.NONE);
  }

  boolean listening() {
    return listening;
  }

  /** Hands one piece over; {@code taken} runs on the poller's thread when the next may come. */
  void offer(OutputChunk chunk, Runnable taken) {
    context.runOnContext(
        now ->
            write(chunk)
                .onComplete(
                    answer ->
                        poller.execute(
                            () -> {
                              listening &= answer.succeeded();
                              taken.run();
                            })));
  }

  private Future<Void> write(OutputChunk chunk) {
    try {
      return sink.write(chunk);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }
}
