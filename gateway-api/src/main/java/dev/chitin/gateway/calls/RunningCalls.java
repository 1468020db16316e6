package dev.chitin.gateway.calls;

import dev.chitin.bus.BusCall;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.TraceContext;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolExecutor;
import dev.chitin.sandbox.ToolResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Every call that runs, whichever edge it came by, so that a stop can wait for them, cancel them,
 * and let no new one begin. As many as the executor behind it takes. Thread safe.
 */
public final class RunningCalls implements ToolExecutor {
  private final ToolExecutor executor;
  private final Set<BusCall<ToolResult>> running = ConcurrentHashMap.newKeySet();
  private final Promise<Void> idle = Promise.promise();
  private volatile boolean closed;

  public RunningCalls(ToolExecutor executor) {
    this.executor = executor;
  }

  @Override
  public BusCall<ToolResult> execute(ToolCall call, Deadline deadline) {
    return execute(call, deadline, null);
  }

  @Override
  public BusCall<ToolResult> execute(
      ToolCall call, Deadline deadline, @Nullable TraceContext trace) {
    var entry = new Entry();
    running.add(entry);
    // Looked at after it was added: whoever closes after this sees the call.
    if (closed) {
      leave(entry);
      return new Refused();
    }
    BusCall<ToolResult> begun = executor.execute(call, deadline, trace);
    entry.begun = begun;
    begun.result().onComplete(done -> leave(entry));
    return begun;
  }

  /** Lets no further call begin: each is refused with {@code gateway.draining}. */
  public void close() {
    closed = true;
    tellIdle();
  }

  /** Completes when it is closed and no call runs. */
  public Future<Void> idle() {
    return idle.future();
  }

  /** Cancels all that run; how many those are. */
  public int cancelAll(String reason) {
    List<BusCall<ToolResult>> all = List.copyOf(running);
    all.forEach(call -> call.cancel(reason));
    return all.size();
  }

  /** How many run now. */
  public int size() {
    return running.size();
  }

  private void leave(Entry entry) {
    running.remove(entry);
    tellIdle();
  }

  private void tellIdle() {
    if (closed && running.isEmpty()) {
      idle.tryComplete();
    }
  }

  /** Stands for a call from before it was handed on. */
  private static final class Entry implements BusCall<ToolResult> {
    private volatile @Nullable BusCall<ToolResult> begun;

    @Override
    public Future<ToolResult> result() {
      BusCall<ToolResult> call = begun;
      return call == null ? Future.failedFuture("not begun") : call.result();
    }

    @Override
    public void cancel(String reason) {
      BusCall<ToolResult> call = begun;
      if (call != null) {
        call.cancel(reason);
      }
    }
  }

  private static final class Refused implements BusCall<ToolResult> {
    @Override
    public Future<ToolResult> result() {
      return Future.failedFuture(
          Problem.of(ProblemCode.GATEWAY_DRAINING, "The gateway is shutting down.")
              .withHint("Ask another gateway, or this one when it is back.")
              .toException());
    }

    @Override
    public void cancel(String reason) {
      // It never began.
    }
  }
}
