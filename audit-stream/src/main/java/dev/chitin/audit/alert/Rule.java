package dev.chitin.audit.alert;

import java.util.function.Consumer;

/**
 * Looks at the entries of the log in their order. Holds a bounded amount of state, whatever the
 * entries say. Time is the entries' own. For one thread at a time.
 */
@FunctionalInterface
interface Rule {

  /** Takes {@code entry} into account and gives {@code found} what is worth an alert. */
  void observe(Observed entry, Consumer<Alert> found);
}
