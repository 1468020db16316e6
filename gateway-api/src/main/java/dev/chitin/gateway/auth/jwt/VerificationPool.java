package dev.chitin.gateway.auth.jwt;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where signatures are verified: never on an event loop, on few threads, with a bounded queue, so
 * that a flood of tokens takes its share of the machine and no more.
 */
public final class VerificationPool implements AutoCloseable {
  private static final int THREADS = 2;
  private static final int QUEUE = 256;

  private final ThreadPoolExecutor threads;
  private final AtomicLong verifications = new AtomicLong();

  public VerificationPool() {
    this(THREADS, QUEUE);
  }

  VerificationPool(int size, int queue) {
    var number = new AtomicLong();
    threads =
        new ThreadPoolExecutor(
            size,
            size,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queue),
            task -> {
              Thread thread = new Thread(task, "chitin-verify-" + number.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * Verifies a signature.
   *
   * @return whether it is the key's, or a {@link RejectedExecutionException} when the queue is full
   */
  Future<Boolean> verify(VerificationKey key, byte[] message, byte[] signature) {
    Promise<Boolean> verified = Promise.promise();
    try {
      threads.execute(
          () -> {
            verifications.incrementAndGet();
            try {
              verified.complete(key.verifies(message, signature));
            } catch (RuntimeException e) {
              verified.fail(e);
            }
          });
    } catch (RejectedExecutionException full) {
      verified.fail(full);
    }
    return verified.future();
  }

  /** Signatures that wait. */
  public int waiting() {
    return threads.getQueue().size();
  }

  /** Threads that verify now. */
  public int active() {
    return threads.getActiveCount();
  }

  /** Signatures that were looked at, since the start. */
  public long verifications() {
    return verifications.get();
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
