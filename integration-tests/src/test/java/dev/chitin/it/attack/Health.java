package dev.chitin.it.attack;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Asks {@code /health/live} over and over while something else goes on, and keeps the times. */
final class Health {
  /** Fewer answers than this say nothing of a percentile. */
  static final int LEAST = 20;

  /** Below this the clock of a shared machine says nothing about the gateway. */
  private static final long FLOOR = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int SLOWER = 4;
  private static final int MOST = 4_000;
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(4);

  private final HttpClient http;
  private final HttpRequest request;
  private long idle;

  Health(HttpClient http, URI gateway) {
    this.http = http;
    this.request = HttpRequest.newBuilder(gateway.resolve("/health/live")).build();
  }

  /** Takes the baseline; the gateway has to be idle. */
  void measureIdle(int answers) throws IOException {
    long[] nanos = new long[answers];
    for (int i = 0; i < answers; i++) {
      nanos[i] = ask();
      LockSupport.parkNanos(PAUSE);
    }
    idle = p99(nanos);
  }

  /** Whether a round's 99th percentile is no more than a generous multiple of the idle one. */
  boolean isUnaffected(long p99) {
    return p99 <= Math.max(SLOWER * idle, FLOOR);
  }

  /** Begins a round, which goes on until it is closed. */
  Round begin() {
    return new Round();
  }

  private long ask() throws IOException {
    try {
      long begun = System.nanoTime();
      int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status != 200) {
        throw new IOException("/health/live answered " + status);
      }
      return System.nanoTime() - begun;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static long p99(long[] nanos) {
    Arrays.sort(nanos);
    return nanos[(int) Math.ceil(nanos.length * 0.99) - 1];
  }

  /** Asks in a thread of its own. */
  final class Round {
    private final long[] nanos = new long[MOST];
    private final AtomicBoolean stop = new AtomicBoolean();
    private final Thread thread;
    private int taken;
    private @Nullable IOException failure;

    Round() {
      thread = Thread.ofPlatform().daemon(true).start(this::go);
    }

    private void go() {
      try {
        while (!stop.get() && taken < MOST) {
          nanos[taken] = ask();
          taken++;
          LockSupport.parkNanos(PAUSE);
        }
      } catch (IOException e) {
        failure = e;
      }
    }

    /**
     * Stops.
     *
     * @return the 99th percentile, nanoseconds, or 0 when it was too short to say
     */
    long end() throws IOException, InterruptedException {
      stop.set(true);
      thread.join();
      if (failure != null) {
        throw failure;
      }
      return taken < LEAST ? 0 : p99(Arrays.copyOf(nanos, taken));
    }
  }
}
