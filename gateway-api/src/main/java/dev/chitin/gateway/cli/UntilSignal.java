package dev.chitin.gateway.cli;

import dev.chitin.gateway.Gateway;
import java.util.concurrent.CountDownLatch;

/** Keeps a gateway up until the process is told to end, then stops it in order. */
final class UntilSignal {
  private UntilSignal() {}

  /**
   * Waits for SIGTERM or SIGINT; the gateway is stopped before the process ends, with exit code 0.
   */
  static void stop(Gateway gateway) throws InterruptedException {
    var stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  gateway.stop();
                  stopped.countDown();
                  // A JVM that ends by a signal reports 128+n; an orderly stop is a success.
                  Runtime.getRuntime().halt(0);
                },
                "chitin-stop"));
    stopped.await();
  }
}
