package dev.chitin.sandbox.exec;

import dev.chitin.bus.Bus;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.Endpoint;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.SandboxAddresses;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolResult;
import dev.chitin.sandbox.backend.OutputSink;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/** Serves the executor on the bus and carries a tool's output to whoever streams it. */
public final class SandboxVerticle extends VerticleBase {
  private final Bus bus;
  private final Executor executor;
  private final int maxInFlight;

  /**
   * @param maxInFlight most calls without an end on this instance
   */
  public SandboxVerticle(Bus bus, Executor executor, int maxInFlight) {
    this.bus = bus;
    this.executor = executor;
    this.maxInFlight = maxInFlight;
  }

  @Override
  public Future<?> start() {
    return bus.serveNear(SandboxAddresses.EXECUTE, maxInFlight, this::execute);
  }

  private Future<ToolResult> execute(ToolCall call, CallContext context) {
    return executor.execute(call, sink(call, context), context);
  }

  private OutputSink sink(ToolCall call, CallContext context) {
    if (call.outputAddress() == null) {
      return OutputSink.NONE;
    }
    Endpoint<OutputChunk, OutputChunk.Ack> reader =
        bus.endpoint(SandboxAddresses.output(call.outputAddress()), OutputChunk.WINDOW);
    return new WindowedSink(reader, context.deadline());
  }
}
