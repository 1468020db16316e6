package dev.chitin.gateway.auth;

import dev.chitin.bus.ChitinException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the file of keys follow what holds, every {@value #PERIOD_MILLIS} ms: when keys were last
 * used, and what a disk did not take. That it cannot is told once, and that it can again.
 */
public final class KeyFlush implements AutoCloseable {
  /** How often the file is brought up to date. */
  static final long PERIOD_MILLIS = 60_000;

  private static final Logger LOG = LoggerFactory.getLogger(KeyFlush.class);

  private final Vertx vertx;
  private final KeyStore keys;
  private final long timer;
  private volatile String complaint = "";

  /** Goes on until it is closed. */
  public KeyFlush(Vertx vertx, KeyStore keys) {
    this.vertx = vertx;
    this.keys = keys;
    this.timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> flush());
  }

  /** Writes now; what is wrong goes to the log. */
  Future<Void> flush() {
    return vertx
        .executeBlocking(
            () -> {
              keys.flush();
              return null;
            },
            false)
        .onSuccess(written -> tell(""))
        .onFailure(failure -> tell(ChitinException.from(failure).problem().detail()))
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  private void tell(String now) {
    if (now.equals(complaint)) {
      return;
    }
    complaint = now;
    if (now.isEmpty()) {
      LOG.info("keys.json has all that holds again");
    } else {
      LOG.error("{}", now);
    }
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
