package dev.chitin.sandbox;

import dev.chitin.bus.Bus;
import dev.chitin.bus.BusCall;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Endpoint;
import dev.chitin.bus.TraceContext;
import org.jspecify.annotations.Nullable;

/** Calls the sandbox over the bus. */
public final class ToolExecutorClient implements ToolExecutor {
  private final Endpoint<ToolCall, ToolResult> execute;

  /** At most {@code maxInFlight} calls without an end. */
  public ToolExecutorClient(Bus bus, int maxInFlight) {
    execute = bus.endpoint(SandboxAddresses.EXECUTE, maxInFlight);
  }

  @Override
  public BusCall<ToolResult> execute(ToolCall call, Deadline deadline) {
    return execute.start(call, deadline);
  }

  @Override
  public BusCall<ToolResult> execute(
      ToolCall call, Deadline deadline, @Nullable TraceContext trace) {
    return execute.start(call, deadline, trace);
  }
}
