package dev.chitin.gateway.cli;

import dev.chitin.gateway.Gateway;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a gateway up until the process is told to end, then drains and stops it in order. Listens
 * for signals from when it is made: that is before anybody is told that the gateway is up, since
 * whoever is told may send one at once.
 */
final class UntilSignal {
  private static final Logger LOG = LoggerFactory.getLogger(UntilSignal.class);

  private final Gateway gateway;
  private final CountDownLatch told = new CountDownLatch(1);

  private UntilSignal(Gateway gateway) {
    this.gateway = gateway;
  }

  /** Hears SIGTERM and SIGINT from now on. */
  static UntilSignal of(Gateway gateway) {
    var end = new UntilSignal(gateway);
    boolean heard = true;
    for (String name : List.of("TERM", "INT")) {
      heard &= Signals.on(name, end::signalled);
    }
    if (!heard) {
      LOG.warn("signals cannot be heard here: a stop will not wait for running calls");
      Runtime.getRuntime().addShutdownHook(new Thread(gateway::stop, "chitin-stop"));
    }
    return end;
  }

  /** A second signal cuts the drain short. */
  private void signalled() {
    if (told.getCount() > 0) {
      told.countDown();
    } else {
      gateway.hurry();
    }
  }

  /** Waits for a signal; the gateway has drained and stopped when this returns. */
  void stop() throws InterruptedException {
    told.await();
    gateway.drain();
    gateway.stop();
  }
}
