package dev.chitin.audit.log;

import dev.chitin.bus.ChitinException;
import java.util.List;
import java.util.function.Supplier;

/** Refuses entries whose time is over while the disk does not answer. */
final class StallWatch implements Runnable {
  private final AppendQueue queue;
  private final Deliveries deliveries;
  private final Supplier<ChitinException> refusal;

  StallWatch(AppendQueue queue, Deliveries deliveries, Supplier<ChitinException> refusal) {
    this.queue = queue;
    this.deliveries = deliveries;
    this.refusal = refusal;
  }

  @Override
  public void run() {
    for (List<Append> overdue = queue.awaitOverdue();
        overdue != null;
        overdue = queue.awaitOverdue()) {
      ChitinException why = refusal.get();
      List<Append> refused = overdue.stream().filter(append -> append.fail(why)).toList();
      if (!refused.isEmpty()) {
        deliveries.refuse(refused);
      }
    }
  }
}
