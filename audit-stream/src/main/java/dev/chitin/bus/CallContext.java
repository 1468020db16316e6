package dev.chitin.bus;

import io.vertx.core.Future;
import io.vertx.core.Promise;

/**
 * What a service knows about a request beside its body: until when it matters, and whether still.
 */
public final class CallContext {
  private final Deadline deadline;
  private final Promise<String> cancelled = Promise.promise();

  public CallContext(Deadline deadline) {
    this.deadline = deadline;
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

  /** Cancels; only the first reason counts. */
  public void cancel(String reason) {
    cancelled.tryComplete(reason);
  }
}
