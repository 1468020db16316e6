package dev.chitin.sandbox.exec;

import dev.chitin.bus.Deadline;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.plan.Planner;
import dev.chitin.sandbox.plan.PreparedPlan;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.util.Objects;

/** Makes plans: those that ask the file system on a bounded pool of workers, the others at once. */
public final class PlanFactory {
  private final Planner planner;
  private final WorkerExecutor workers;

  public PlanFactory(Planner planner, WorkerExecutor workers) {
    this.planner = planner;
    this.workers = workers;
  }

  Future<PreparedPlan> plan(ToolDefinition tool, ToolCall call, Deadline deadline) {
    if (!Planner.isPure(tool.run())) {
      return workers
          .executeBlocking(() -> planner.plan(tool, call, deadline), false)
          .map(Objects::requireNonNull);
    }
    try {
      return Future.succeededFuture(planner.plan(tool, call, deadline));
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }
}
