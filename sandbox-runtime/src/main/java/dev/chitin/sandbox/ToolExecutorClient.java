package dev.chitin.sandbox;

import dev.chitin.bus.Bus;
import dev.chitin.bus.BusCall;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Endpoint;
import dev.chitin.bus.TraceContext;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Calls the sandbox over the bus. A call that started is ended there at its deadline, and its
 * outcome is the answer; so that is waited for beyond the deadline, as long as killing the tool and
 * recording its end may take.
 */
public final class ToolExecutorClient implements ToolExecutor {
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Endpoint<ToolCall, ToolResult> execute;

  /** At most {@code maxInFlight} calls without an end. */
  public ToolExecutorClient(Bus bus, int maxInFlight) {
    execute = bus.endpoint(SandboxAddresses.EXECUTE, maxInFlight, GRACE);
  }

  @Override
  public BusCall<ToolResult> execute(
      ToolCall call, Deadline deadline, @Nullable TraceContext trace) {
    return execute.start(call, deadline, trace);
  }
}
