package dev.chitin.bus;

import io.vertx.core.Future;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.List;

/** A served address, and the way to stop serving it. */
public final class Registration {
  private final List<MessageConsumer<?>> consumers;
  private volatile Runnable end = () -> {};

  Registration(List<MessageConsumer<?>> consumers) {
    this.consumers = List.copyOf(consumers);
  }

  /** Runs {@code step} when no more requests are taken. */
  void onEnd(Runnable step) {
    end = step;
  }

  /** Takes no more requests; those in flight are still answered. */
  public Future<Void> cancel() {
    end.run();
    return Future.join(consumers.stream().map(MessageConsumer::unregister).toList()).mapEmpty();
  }
}
