package dev.chitin.bus;

import io.vertx.core.Future;
import io.vertx.core.eventbus.MessageConsumer;

/** A served address, and the way to stop serving it. */
public final class Registration {
  private final MessageConsumer<?> requests;
  private final MessageConsumer<?> cancels;

  Registration(MessageConsumer<?> requests, MessageConsumer<?> cancels) {
    this.requests = requests;
    this.cancels = cancels;
  }

  /** Takes no more requests; those in flight are still answered. */
  public Future<Void> cancel() {
    return Future.join(requests.unregister(), cancels.unregister()).mapEmpty();
  }
}
