package dev.chitin.gateway.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether the event loops still turn: each is asked to tick twice a second. One that has not for
 * two seconds is stalled. As many entries as event loops that serve. Thread safe.
 */
public final class LoopTicks {
  /** How often a loop should tick. */
  static final long PERIOD_MILLIS = 500;

  /** After how long without a tick a loop counts as stalled. */
  static final long STALLED_MILLIS = 2_000;

  private final List<Loop> loops = new CopyOnWriteArrayList<>();
  private final LongSupplier nanoTime;

  public LoopTicks() {
    this(System::nanoTime);
  }

  LoopTicks(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Watches the event loop of the context that calls, until what is returned runs.
   *
   * @param registry where its lag can be read
   */
  public Runnable watch(Vertx vertx, MeterRegistry registry) {
    Loop loop = add();
    TimeGauge.builder(
            "chitin.event.loop.lag",
            loop,
            TimeUnit.NANOSECONDS,
            l -> Math.max(l.lagNanos, l.behind()))
        .description("By how much an event loop's last tick came late.")
        .tag("loop", Integer.toString(loops.indexOf(loop)))
        .register(registry);
    long timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> loop.tick());
    return () -> {
      vertx.cancelTimer(timer);
      loops.remove(loop);
    };
  }

  Loop add() {
    var loop = new Loop();
    loops.add(loop);
    return loop;
  }

  /** Whether every loop has ticked lately. */
  public boolean turning() {
    return sinceTicks().stream().allMatch(millis -> millis < STALLED_MILLIS);
  }

  /** Milliseconds since each loop's last tick. */
  public List<Long> sinceTicks() {
    return loops.stream().map(loop -> loop.sinceNanos() / 1_000_000).toList();
  }

  /** One event loop; ticks on its own thread, read from any. */
  final class Loop {
    private volatile long lastNanos = nanoTime.getAsLong();
    private volatile long lagNanos;

    void tick() {
      long now = nanoTime.getAsLong();
      lagNanos = Math.max(0, now - lastNanos - PERIOD_MILLIS * 1_000_000);
      lastNanos = now;
    }

    private long sinceNanos() {
      return nanoTime.getAsLong() - lastNanos;
    }

    /** How late the tick is that has not come yet. */
    private long behind() {
      return Math.max(0, sinceNanos() - PERIOD_MILLIS * 1_000_000);
    }
  }
}
