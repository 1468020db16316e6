package dev.chitin.gateway;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the rotation of the log's key when its time is over, while a gateway runs. What fails is
 * tried again a second later.
 */
final class LogKeyUpkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LogKeyUpkeep.class);
  private static final Duration TURN = Duration.ofSeconds(1);

  private final Vertx vertx;
  private final LogKeys keys;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final long timer;
  private volatile Future<?> running = Future.succeededFuture();
  private volatile boolean failing;

  LogKeyUpkeep(Vertx vertx, LogKeys keys) {
    this.vertx = vertx;
    this.keys = keys;
    this.timer = vertx.setPeriodic(TURN.toMillis(), second -> turn());
  }

  private void turn() {
    if (keys.due() && busy.compareAndSet(false, true)) {
      running =
          vertx
              .executeBlocking(keys::finish, false)
              .onSuccess(done -> failing = false)
              .onFailure(this::complain)
              .onComplete(done -> busy.set(false))
              .otherwise(false);
    }
  }

  private void complain(Throwable failure) {
    if (!failing) {
      LOG.warn(
          "the rotation of the audit log's key could not be ended; it is tried again", failure);
    }
    failing = true;
  }

  /** Waits for a turn that runs. */
  @Override
  public void close() {
    vertx.cancelTimer(timer);
    running.await();
  }
}
