package dev.chitin.bus;

import io.vertx.core.Future;

/** A request in flight: its answer, and the way to take it back. */
public interface BusCall<R> {

  /** The answer, or a failure that is always a {@link ChitinException}. */
  Future<R> result();

  /**
   * Tells the service that the answer is no longer wanted. The service still answers; a second call
   * does nothing.
   *
   * @param reason as {@link CallContext#cancel} has it
   */
  void cancel(String reason);
}
