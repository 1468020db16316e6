package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.ChitinException;
import dev.chitin.policy.Mount;
import dev.chitin.sandbox.nativeos.Polling;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes that stand ready before their call comes. Each is made for one tenant and one {@link
 * SandboxSpec}, serves one call, and dies; there is no way back into the pool. It is used only if
 * what it was made with is what it would be made with now: same mounts by identity, same denies in
 * them, found by looking again.
 *
 * <p>A call for which none is ready is served cold, and has some made for the calls that follow it.
 * They take places of their tenant in the {@link Admission} while they wait, are evicted for a call
 * that finds none, and end unused after a while. Writable mounts are not pooled: what covers absent
 * names in them would lie on the host all the time.
 */
final class WarmPool {
  private static final Logger LOG = LoggerFactory.getLogger(WarmPool.class);

  /** About as long as a short call takes. */
  private static final long PAUSE_MILLIS = 5;

  private static final long FRESH_NANOS = 1_000_000_000L;

  /** Below, a starter would have no room. */
  private static final long LEAST_MEMORY = 16L << 20;

  private record Key(String tenant, SandboxSpec spec) {}

  private record Warm(Key key, Sandbox sandbox, long since) {}

  private final WarmBounds bounds;
  private final SandboxMaker maker;
  private final CallSetUp setUp;
  private final Admission admission;
  private final Disposal disposal;
  private final ScheduledExecutorService timer;
  private final ThreadPoolExecutor warmer;
  private final Map<Key, Deque<Warm>> ready = new LinkedHashMap<>();

  /** Ready and being made. */
  private int total;

  /** Evictions that found nothing ready; the next that is made is given up. */
  private int owed;

  private long hits;
  private long misses;
  private boolean closed;

  WarmPool(
      WarmBounds bounds,
      SandboxMaker maker,
      CallSetUp setUp,
      Admission admission,
      Disposal disposal,
      ScheduledExecutorService timer) {
    this.bounds = bounds;
    this.maker = maker;
    this.setUp = setUp;
    this.admission = admission;
    this.disposal = disposal;
    this.timer = timer;
    warmer =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(Math.max(1, bounds.total())),
            Thread.ofPlatform().name("sandbox-warmer").daemon(true).factory());
  }

  /** A ready sandbox that is just what {@code call} asks for, or null. Blocks shortly. */
  @Nullable Sandbox take(NativeCall call) {
    if (!poolable(call)) {
      return null;
    }
    var key = new Key(call.plan().principal().tenant(), call.spec());
    Sandbox found = null;
    for (Warm next = poll(key); next != null && found == null; ) {
      if (usable(next)) {
        found = next.sandbox();
        admission.release(key.tenant());
      } else {
        dispose(next);
        next = poll(key);
      }
    }
    count(found != null);
    refillLater(key);
    return found;
  }

  private boolean poolable(NativeCall call) {
    // The gateway's own probes come once, and are to meet what a first call meets.
    return bounds.perProfile() > 0
        && !call.party().isGateway()
        && call.limits().memoryBytes() >= LEAST_MEMORY
        && call.process().outputs().isEmpty()
        && call.spec().mounts().stream().noneMatch(Mount::writable);
  }

  private boolean usable(Warm warm) {
    try {
      return !Polling.awaitReadable(warm.sandbox().monitor().pidfd(), 0)
          && setUp.warmProtections(warm.key().spec()).equals(warm.sandbox().protections());
    } catch (IOException | ChitinException e) {
      // A mount is not any more what it was; made anew, the sandbox is refused with the reason.
      return false;
    }
  }

  private synchronized void count(boolean hit) {
    hits += hit ? 1 : 0;
    misses += hit ? 0 : 1;
  }

  private synchronized @Nullable Warm poll(Key key) {
    Deque<Warm> own = ready.get(key);
    return own == null ? null : remove(own.getFirst());
  }

  private Warm remove(Warm warm) {
    Deque<Warm> own = ready.get(warm.key());
    if (own != null && own.remove(warm)) {
      total--;
      if (own.isEmpty()) {
        ready.remove(warm.key());
      }
    }
    return warm;
  }

  /** A little later, so that making the next does not slow the call that took this one. */
  private void refillLater(Key key) {
    try {
      var _ = timer.schedule(() -> refill(key), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("the backend stops; no sandbox is made any more", e);
    }
  }

  private void refill(Key key) {
    try {
      warmer.execute(() -> fill(key));
    } catch (RejectedExecutionException e) {
      LOG.debug("the warmer has enough to do; the next call of this profile asks again");
    }
  }

  /** On the warmer's thread. */
  private void fill(Key key) {
    while (place(key)) {
      try {
        if (!put(key, maker.warm(key.spec()))) {
          return;
        }
      } catch (IOException | RuntimeException e) {
        LOG.warn("A warm sandbox could not be made; calls are served cold.", e);
        giveBack(key);
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        giveBack(key);
        return;
      }
    }
  }

  /**
   * Takes room for one more of {@code key}. When there is none, one of another profile that nobody
   * has come for in a while gives way; a fresh one does not, or many profiles would only ever make
   * and evict.
   */
  private boolean place(Key key) {
    Warm stale = null;
    boolean reserved = false;
    synchronized (this) {
      Deque<Warm> own = ready.get(key);
      if (closed || (own != null && own.size() >= bounds.perProfile())) {
        return false;
      }
      if (total >= bounds.total()) {
        stale = oldest();
        if (stale == null || System.nanoTime() - stale.since() < FRESH_NANOS) {
          return false;
        }
        remove(stale);
      }
      reserved = admission.reserve(key.tenant());
      total += reserved ? 1 : 0;
    }
    if (stale != null) {
      dispose(stale);
    }
    return reserved;
  }

  private void giveBack(Key key) {
    synchronized (this) {
      total--;
      owed -= owed > 0 ? 1 : 0;
    }
    admission.release(key.tenant());
  }

  /**
   * Keeps a sandbox, unless it is not sound or its place is wanted; then no other is made until the
   * next call asks, so that what fails does not fail over and over.
   */
  private boolean put(Key key, Sandbox sandbox) {
    var warm = new Warm(key, sandbox, System.nanoTime());
    boolean unwanted;
    synchronized (this) {
      unwanted = closed || owed > 0 || !sandbox.sound();
      owed -= owed > 0 ? 1 : 0;
      if (unwanted) {
        total--;
      } else {
        ready.computeIfAbsent(key, none -> new ArrayDeque<>()).add(warm);
      }
    }
    if (unwanted) {
      dispose(warm);
    }
    return !unwanted;
  }

  /** Gives one up, the oldest, because a call needs its place. */
  void evict() {
    Warm oldest;
    synchronized (this) {
      oldest = oldest();
      if (oldest == null) {
        owed += owed < total ? 1 : 0;
        return;
      }
      remove(oldest);
    }
    dispose(oldest);
  }

  private @Nullable Warm oldest() {
    return ready.values().stream()
        .map(Deque::getFirst)
        .min(Comparator.comparingLong(Warm::since))
        .orElse(null);
  }

  /** Ends those that have waited too long. */
  void age() {
    long limit = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(bounds.idleMillis());
    List<Warm> old;
    synchronized (this) {
      old =
          ready.values().stream()
              .flatMap(Deque::stream)
              .filter(warm -> closed || warm.since() - limit < 0)
              .toList();
      old.forEach(this::remove);
    }
    old.forEach(this::dispose);
  }

  private void dispose(Warm warm) {
    disposal.dispose(warm.sandbox(), () -> admission.release(warm.key().tenant()));
  }

  /** Ends them all, and those that are still being made as soon as they are. */
  void close() {
    synchronized (this) {
      closed = true;
    }
    warmer.shutdown();
    age();
  }

  /** What is going on, for metrics. */
  record Stock(int ready, long hits, long misses) {}

  synchronized Stock stock() {
    return new Stock(ready.values().stream().mapToInt(Deque::size).sum(), hits, misses);
  }
}
