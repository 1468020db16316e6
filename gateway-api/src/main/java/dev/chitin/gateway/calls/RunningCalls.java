package dev.chitin.gateway.calls;

import dev.chitin.bus.BusCall;
import dev.chitin.bus.ChitinException;
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
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything that runs for clients, whichever edge it came by: calls of tools, and requests that
 * the gateway carries out itself. A stop can wait for them, cancel them, and let no new one begin.
 * As many as the executor behind it and the admission before it take. Thread safe.
 */
public final class RunningCalls implements ToolExecutor {
  private final ToolExecutor executor;
  private final Set<BusCall<ToolResult>> running = ConcurrentHashMap.newKeySet();
  private final Set<Request> requests = ConcurrentHashMap.newKeySet();
  private final Promise<Void> idle = Promise.promise();
  private final ToolExecutor within = new Within();
  private volatile boolean closed;
  private volatile @Nullable String cancelled;

  public RunningCalls(ToolExecutor executor) {
    this.executor = executor;
  }

  /** A request that runs; closed when it is over. */
  public final class Request implements AutoCloseable {
    private final Consumer<ChitinException> stop;

    private Request(Consumer<ChitinException> stop) {
      this.stop = stop;
    }

    /** It is over. */
    @Override
    public void close() {
      requests.remove(this);
      tellIdle();
    }
  }

  /**
   * Begins a request that is no call of a tool itself.
   *
   * @param stop ends it with the reason given; called on any thread
   * @throws ChitinException {@code gateway.draining} once this is closed
   */
  public Request enter(Consumer<ChitinException> stop) {
    var request = new Request(stop);
    requests.add(request);
    // Looked at after it was added: whoever closes after this sees the request.
    if (closed) {
      request.close();
      throw draining();
    }
    return request;
  }

  @Override
  public BusCall<ToolResult> execute(
      ToolCall call, Deadline deadline, @Nullable TraceContext trace) {
    return begin(call, deadline, trace, () -> closed);
  }

  /**
   * The executor for calls that belong to a request which has {@linkplain #enter entered}: as that
   * goes on after {@link #close}, its calls begin until all is cancelled.
   */
  public ToolExecutor within() {
    return within;
  }

  private BusCall<ToolResult> begin(
      ToolCall call, Deadline deadline, @Nullable TraceContext trace, BooleanSupplier shut) {
    var entry = new Entry();
    running.add(entry);
    // Looked at after it was added: whoever closes after this sees the call.
    if (shut.getAsBoolean()) {
      leave(entry);
      return new Refused();
    }
    BusCall<ToolResult> begun = executor.execute(call, deadline, trace);
    entry.begun = begun;
    // Looked at after it could be reached: whoever cancels all after this reaches it.
    String reason = cancelled;
    if (reason != null) {
      begun.cancel(reason);
    }
    begun.result().onComplete(done -> leave(entry));
    return begun;
  }

  /** Lets nothing further begin: it is refused with {@code gateway.draining}. */
  public void close() {
    closed = true;
    tellIdle();
  }

  /** Completes when it is closed and nothing runs. */
  public Future<Void> idle() {
    return idle.future();
  }

  /**
   * Cancels all that runs; how many those are. Requests are told before the calls that they made,
   * so that none takes the end of its call for a result and goes on.
   */
  public int cancelAll(String reason) {
    cancelled = reason;
    List<Request> asked = List.copyOf(requests);
    asked.forEach(request -> request.stop.accept(draining()));
    List<BusCall<ToolResult>> all = List.copyOf(running);
    all.forEach(call -> call.cancel(reason));
    return asked.size() + all.size();
  }

  /** How many run now. */
  public int size() {
    return requests.size() + running.size();
  }

  private void leave(Entry entry) {
    running.remove(entry);
    tellIdle();
  }

  private void tellIdle() {
    if (closed && requests.isEmpty() && running.isEmpty()) {
      idle.tryComplete();
    }
  }

  private static ChitinException draining() {
    return Problem.of(ProblemCode.GATEWAY_DRAINING, "The gateway is shutting down.")
        .withHint("Ask another gateway, or this one when it is back.")
        .toException();
  }

  private final class Within implements ToolExecutor {
    @Override
    public BusCall<ToolResult> execute(
        ToolCall call, Deadline deadline, @Nullable TraceContext trace) {
      return begin(call, deadline, trace, () -> cancelled != null);
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
      return Future.failedFuture(draining());
    }

    @Override
    public void cancel(String reason) {
      // It never began.
    }
  }
}
