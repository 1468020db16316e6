package dev.chitin.it.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** How long each of many runs took, and how long all of them together. */
final class Timings {
  private final List<long[]> blocks = new ArrayList<>();
  private double seconds;

  /** One run. */
  @FunctionalInterface
  interface Run {
    void run() throws Exception;
  }

  /** Runs {@code what} so many times, at most {@code inFlight} of them at once. */
  void measure(Run what, int count, int inFlight) throws Exception {
    long[] nanos = new long[count];
    var next = new AtomicInteger();
    Callable<Void> loop =
        () -> {
          for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
            long begun = System.nanoTime();
            what.run();
            nanos[i] = System.nanoTime() - begun;
          }
          return null;
        };
    long begun = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(inFlight)) {
      List<Future<Void>> loops = new ArrayList<>();
      for (int i = 0; i < inFlight; i++) {
        loops.add(threads.submit(loop));
      }
      for (Future<Void> running : loops) {
        running.get();
      }
    }
    seconds += (System.nanoTime() - begun) / 1e9;
    blocks.add(nanos);
  }

  /** One run that takes its own time, nanoseconds. */
  @FunctionalInterface
  interface TimedRun {
    long run() throws Exception;
  }

  /** Runs {@code what} so many times, one every {@code pauseMillis}: nobody waits for its end. */
  void pace(Run what, int count, long pauseMillis) throws Exception {
    paceTimed(
        () -> {
          long start = System.nanoTime();
          what.run();
          return System.nanoTime() - start;
        },
        count,
        pauseMillis);
  }

  /** The same for runs that know themselves when they begin and end. */
  void paceTimed(TimedRun what, int count, long pauseMillis) throws Exception {
    long[] nanos = new long[count];
    long begun = System.nanoTime();
    for (int i = 0; i < count; i++) {
      long due = begun + TimeUnit.MILLISECONDS.toNanos(pauseMillis * i);
      LockSupport.parkNanos(Math.max(0, due - System.nanoTime()));
      nanos[i] = what.run();
    }
    seconds += (System.nanoTime() - begun) / 1e9;
    blocks.add(nanos);
  }

  private long[] sorted() {
    long[] all = blocks.stream().flatMapToLong(Arrays::stream).toArray();
    Arrays.sort(all);
    return all;
  }

  /** Milliseconds that this share of the runs did not pass. */
  double millis(double quantile) {
    long[] all = sorted();
    return all[(int) Math.ceil(all.length * quantile) - 1] / 1e6;
  }

  /** Runs a second. */
  double rate() {
    return sorted().length / seconds;
  }
}
