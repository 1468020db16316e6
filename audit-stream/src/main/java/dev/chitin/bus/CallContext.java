package dev.chitin.bus;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/**
 * What a service knows about a request beside its body: until when it matters, and whether still.
 */
public final class CallContext {
  private final Deadline deadline;
  private final @Nullable TraceContext trace;
  private final Promise<String> cancelled = Promise.promise();

  public CallContext(Deadline deadline) {
    this(deadline, null);
  }

  /**
   * @param trace the span that asked, or null outside of traces
   */
  public CallContext(Deadline deadline, @Nullable TraceContext trace) {
    this.deadline = deadline;
    this.trace = trace;
  }

  /** The span that asked, or null outside of traces. */
  public @Nullable TraceContext trace() {
    return trace;
  }

  public Deadline deadline() {
    return deadline;
  }

  /** Completes with the reason when the caller no longer wants the answer; never fails. */
  public Future<String> cancelled() {
    return cancelled.future();
  }

  public boolean isCancelled() {
    return cancelled.future().isComplete();
  }

  /** Who cancelled or why, null while nobody has. */
  public @Nullable String cancelReason() {
    return cancelled.future().result();
  }

  /**
   * Cancels; only the first reason counts.
   *
   * @param reason half a sentence that says who, for the caller to read: {@code the client
   *     disconnected}
   */
  public void cancel(String reason) {
    cancelled.tryComplete(reason);
  }
}
