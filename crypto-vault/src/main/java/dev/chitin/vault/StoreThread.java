package dev.chitin.vault;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The one thread on which the store blocks, with a bounded queue before it. */
final class StoreThread implements AutoCloseable {
  private final Vertx vertx;
  private final ExecutorService thread;

  StoreThread(Vertx vertx, int maxWaiting) {
    this.vertx = vertx;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(maxWaiting),
            Thread.ofPlatform().name("chitin-vault-", 0).factory());
  }

  /** Runs {@code work} and answers on the caller's context. */
  <T> Future<T> run(Callable<T> work) {
    var result = new CompletableFuture<T>();
    try {
      thread.execute(
          () -> {
            try {
              result.complete(work.call());
            } catch (Throwable e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      return Future.failedFuture(
          Problem.of(ProblemCode.VAULT_UNAVAILABLE, "The vault has too much to do, or is closed.")
              .withRule("vault.queue")
              .withHint("Try again later.")
              .toException());
    }
    return Future.fromCompletionStage(result, vertx.getOrCreateContext());
  }

  /** Ends what runs and what waits. */
  @Override
  public void close() {
    thread.close();
  }
}
