package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the vault does by itself: destroys versions whose grace has ended, and takes a rotation of
 * the key above the data keys to its end, step by step between other work. It goes on with a
 * rotation that a stop cut short.
 */
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
  private static final long EVERY_MILLIS = 1_000;

  private final Vertx vertx;
  private final VaultStore store;
  private final StoreThread thread;
  private final KekRotation rotation;
  private final Duration lease;
  private final long timer;
  private volatile boolean closed;

  /**
   * Looks after {@code store}.
   *
   * @param lease how long a lease may hold on to a data key that an old term wraps
   */
  Upkeep(Vertx vertx, VaultStore store, StoreThread thread, Duration lease) {
    this.vertx = vertx;
    this.store = store;
    this.thread = thread;
    this.lease = lease;
    this.rotation = new KekRotation(store);
    this.timer = vertx.setPeriodic(EVERY_MILLIS, id -> destroyDue());
    if (rotation.isOpen()) {
      goOn();
    }
  }

  private void destroyDue() {
    if (store.isDestructionDue()) {
      thread.run(store::destroyDue).onFailure(failure -> report("versions stay", failure));
    }
  }

  /**
   * Wraps data keys anew until there are none left. The terms that wrapped them until then are
   * dropped when no lease can be held under one any more; a rotation that begins meanwhile drops
   * its own.
   */
  void goOn() {
    int term = rotation.currentTerm();
    thread
        .run(rotation::step)
        .onSuccess(
            more -> {
              if (more) {
                goOn();
              } else if (!closed) {
                vertx.setTimer(Math.max(1, lease.toMillis()), id -> dropBefore(term));
              }
            })
        .onFailure(failure -> report("a rotation stands still until the next start", failure));
  }

  private void dropBefore(int term) {
    thread
        .run(() -> rotation.dropBefore(term))
        .onSuccess(
            gone -> {
              if (!gone && !closed) {
                goOn();
              }
            })
        .onFailure(failure -> report("an old term stays until the next start", failure));
  }

  private void report(String what, Throwable failure) {
    if (!closed) {
      LOG.error("{}: {}", what, ChitinException.from(failure).problem().detail());
    }
  }

  @Override
  public void close() {
    closed = true;
    vertx.cancelTimer(timer);
  }
}
