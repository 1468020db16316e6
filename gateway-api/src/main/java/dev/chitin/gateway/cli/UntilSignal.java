package dev.chitin.gateway.cli;

import dev.chitin.gateway.Gateway;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a gateway up until the process is told to end, then drains and stops it in order. */
final class UntilSignal {
  private static final Logger LOG = LoggerFactory.getLogger(UntilSignal.class);

  private UntilSignal() {}

  /**
   * Waits for SIGTERM or SIGINT; the gateway has drained and stopped when this returns. A second
   * signal cuts the drain short. Where signals cannot be heard, the end of the JVM stops it.
   */
  static void stop(Gateway gateway) throws InterruptedException {
    var told = new CountDownLatch(1);
    Runnable signalled =
        () -> {
          if (told.getCount() > 0) {
            told.countDown();
          } else {
            gateway.hurry();
          }
        };
    boolean heard = true;
    for (String name : List.of("TERM", "INT")) {
      heard &= Signals.on(name, signalled);
    }
    if (!heard) {
      LOG.warn("signals cannot be heard here: a stop will not wait for running calls");
      Runtime.getRuntime().addShutdownHook(new Thread(gateway::stop, "chitin-stop"));
    }
    told.await();
    gateway.drain();
    gateway.stop();
  }
}
