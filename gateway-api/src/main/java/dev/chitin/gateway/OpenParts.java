package dev.chitin.gateway;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Parts that were started one after another, each on those before it. Closes them in reverse, each
 * whatever became of the others. Closing twice is harmless.
 */
final class OpenParts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpenParts.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  /** Takes over the duty to close {@code part}, before all that are here already. */
  void add(AutoCloseable part) {
    parts.push(part);
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        LOG.error("a part did not stop in order", e);
      }
    }
  }
}
