package dev.chitin.sandbox;

import dev.chitin.bus.BusCall;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.TraceContext;
import org.jspecify.annotations.Nullable;

/** Runs tools. */
public interface ToolExecutor {

  /**
   * Plans, decides, records and runs {@code call}. A call that started answers with its outcome,
   * also when the tool failed or was stopped; a call that did not start fails with the reason.
   * Cancelling kills the whole process tree; the end is recorded all the same.
   *
   * @param trace the span that asks, or null outside of traces
   */
  BusCall<ToolResult> execute(ToolCall call, Deadline deadline, @Nullable TraceContext trace);

  /** The same outside of traces. */
  default BusCall<ToolResult> execute(ToolCall call, Deadline deadline) {
    return execute(call, deadline, null);
  }
}
