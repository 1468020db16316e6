package dev.chitin.gateway.http;

import dev.chitin.audit.DurableAuditLog;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reads the log's files for the edge, on a few threads of its own: neither an event loop nor the
 * log's writer ever waits for a reader. Safe for use from any thread.
 */
public final class AuditReads implements AutoCloseable {
  private static final int THREADS = 4;
  private static final int MOST = 256;

  private final DurableAuditLog log;
  private final WorkerExecutor threads;
  private final AtomicInteger running = new AtomicInteger();

  public AuditReads(Vertx vertx, DurableAuditLog log) {
    this.log = log;
    this.threads =
        vertx.createSharedWorkerExecutor("chitin-audit-read", THREADS, 60, TimeUnit.SECONDS);
  }

  DurableAuditLog log() {
    return log;
  }

  /** Runs {@code read}, or refuses when {@value #MOST} run or wait already. */
  <T> Future<T> read(Callable<T> read) {
    if (running.incrementAndGet() > MOST) {
      running.decrementAndGet();
      return Future.failedFuture(
          Problem.of(ProblemCode.GATEWAY_OVERLOADED, "Too many requests read the audit log.")
              .withHint("Try again later.")
              .toException());
    }
    return threads
        .executeBlocking(read, false)
        .onComplete(done -> running.decrementAndGet())
        .map(result -> Objects.requireNonNull(result));
  }

  @Override
  public void close() {
    threads.close().await();
  }
}
