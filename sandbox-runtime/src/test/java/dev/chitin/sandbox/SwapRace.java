package dev.chitin.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A race between a reader and a thread that swaps what is read as fast as it can. It goes on until
 * the reader has met both sides of the swap, however long the disk holds the swapping thread up.
 */
public final class SwapRace {
  /** So many swaps with one side never met are no accident any more. */
  private static final int ENOUGH_SWAPS = 1_000_000;

  private final Swap swap;
  private final AtomicInteger swaps = new AtomicInteger();
  private volatile boolean over;

  private SwapRace(Swap swap) {
    this.swap = swap;
  }

  /** There and back: what is read is the same before and after. */
  public interface Swap {
    void swap() throws IOException;
  }

  /** One reading, which checks its own answer. */
  public interface Reading {
    /** True if it reached the thing, false if it was refused. */
    boolean reached(int round) throws Exception;
  }

  /** Reads at least {@code rounds} times beside {@code swap}, and until both answers were seen. */
  public static void run(int rounds, Swap swap, Reading reading) throws Exception {
    new SwapRace(swap).run(rounds, reading);
  }

  private void run(int rounds, Reading reading) throws Exception {
    var swapping = new FutureTask<>(swapUntilOver());
    Thread.ofPlatform().start(swapping);
    int reached = 0;
    int refused = 0;
    try {
      for (int i = 0; i < rounds || (Math.min(reached, refused) == 0 && goesOn(swapping)); i++) {
        if (reading.reached(i)) {
          reached++;
        } else {
          refused++;
        }
      }
    } finally {
      over = true;
      ended(swapping);
    }
    assertThat(reached).as("rounds that reached the thing").isPositive();
    assertThat(refused).as("rounds that met the swap").isPositive();
  }

  private Callable<Integer> swapUntilOver() {
    return () -> {
      while (!over) {
        swap.swap();
        swaps.incrementAndGet();
      }
      return swaps.get();
    };
  }

  private boolean goesOn(FutureTask<Integer> swapping) {
    return !swapping.isDone() && swaps.get() < ENOUGH_SWAPS;
  }

  private static void ended(FutureTask<Integer> swapping) throws Exception {
    try {
      swapping.get();
    } catch (ExecutionException e) {
      throw new AssertionError("the swap itself failed", e.getCause());
    }
  }
}
