package dev.chitin.gateway;

import dev.chitin.gateway.calls.RunningCalls;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The orderly end of service: say so, wait until balancers have seen it, take no more calls and
 * connections, give running calls and requests to providers their time, cancel those that remain
 * and wait for their records. What stands behind, the log last, is stopped afterwards. {@link
 * #hurry} cuts all waiting short.
 */
final class Drain {
  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

  /** What a cancelled call may take to be killed, recorded and answered. */
  private static final Duration LAST = Duration.ofSeconds(10);

  private final OperationSettings settings;
  private final Readiness readiness;
  private final RunningCalls calls;
  private final Function<Duration, Future<?>> shutListeners;
  private final CountDownLatch hurried = new CountDownLatch(1);
  private final CompletableFuture<Void> haste = new CompletableFuture<>();

  /**
   * @param shutListeners takes no more connections and ends each when its last request is answered;
   *     completes then, or after the time given
   */
  Drain(
      OperationSettings settings,
      Readiness readiness,
      RunningCalls calls,
      Function<Duration, Future<?>> shutListeners) {
    this.settings = settings;
    this.readiness = readiness;
    this.calls = calls;
    this.shutListeners = shutListeners;
  }

  /** Drains; returns when nothing runs. Blocks. */
  void run() throws InterruptedException {
    readiness.draining();
    LOG.info(
        "draining: new calls are taken for {} ms more, running ones have {} ms then",
        settings.drainDelayMillis(),
        settings.drainTimeoutMillis());
    if (hurried.await(settings.drainDelayMillis(), TimeUnit.MILLISECONDS)) {
      LOG.warn("told again to stop: running calls are cancelled now");
    }
    calls.close();
    Duration whole = Duration.ofMillis(settings.drainTimeoutMillis()).plus(LAST);
    CompletableFuture<?> shut =
        shutListeners.apply(whole).toCompletionStage().toCompletableFuture();
    CompletableFuture<?> idle = calls.idle().toCompletionStage().toCompletableFuture();
    long began = System.nanoTime();
    if (!done(CompletableFuture.anyOf(idle, haste), settings.drainTimeoutMillis())
        || !idle.isDone()) {
      int cancelled = calls.cancelAll("the gateway stops");
      LOG.warn("{} calls did not end in time and are cancelled", cancelled);
      if (!done(idle, LAST.toMillis())) {
        LOG.error("{} calls did not end though they were cancelled", calls.size());
      }
    }
    // Answers that are still being written, and streams that are no calls.
    long left =
        settings.drainTimeoutMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    done(CompletableFuture.anyOf(shut, haste), Math.max(1_000, left));
  }

  /** Waits no longer: cancels what runs, which is still recorded. */
  void hurry() {
    hurried.countDown();
    haste.complete(null);
  }

  private static boolean done(CompletableFuture<?> future, long millis)
      throws InterruptedException {
    try {
      future.get(millis, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException late) {
      return false;
    } catch (ExecutionException e) {
      LOG.warn("a part of the drain failed", e);
      return true;
    }
  }
}
