package dev.chitin.sandbox.nativeos;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One platform thread that waits for any number of descriptors and instants (epoll(7)).
 *
 * <p>Everything but {@link #execute} is called on that thread alone, so what handlers share needs
 * no locks. Registrations and timers are bounded by their owners: a run holds a fixed number of
 * each, and runs are counted. A handler must not block.
 */
public final class Poller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Poller.class);
  private static final long WAKE = 0;

  private final Fd epoll;
  private final Fd wake;
  private final Map<Long, Registration> registrations = new HashMap<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong((Timer t) -> t.at));
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean awake = new AtomicBoolean();
  private final long origin = System.nanoTime();
  private final Thread thread;
  private long lastId = WAKE;
  private volatile boolean closed;

  /** What is called when a descriptor is ready. */
  @FunctionalInterface
  public interface Handler {
    void ready();
  }

  /** Starts the thread. */
  public Poller(String name) throws ErrnoException {
    epoll = Polling.epoll();
    wake = Polling.eventfd();
    Polling.epollControl(epoll, Polling.EPOLL_CTL_ADD, wake, Polling.EPOLLIN, WAKE);
    thread = Thread.ofPlatform().name(name).daemon(true).start(this::loop);
  }

  /**
   * Runs {@code task} on the poller's thread, soon; from any thread. After {@link #close} never.
   */
  public void execute(Runnable task) {
    if (closed) {
      return;
    }
    tasks.add(task);
    if (awake.compareAndSet(false, true)) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment one = arena.allocate(8, 8);
        one.set(java.lang.foreign.ValueLayout.JAVA_LONG, 0, 1);
        Descriptors.write(wake, one);
      }
    }
  }

  /**
   * Watches {@code fd} for {@code EPOLLIN} or {@code EPOLLOUT} until the registration is closed.
   */
  public Registration register(Fd fd, int events, Handler handler) throws ErrnoException {
    var registration = new Registration(++lastId, fd, events, handler);
    Polling.epollControl(epoll, Polling.EPOLL_CTL_ADD, fd, events, registration.id);
    registrations.put(registration.id, registration);
    return registration;
  }

  /** Runs {@code task} at an instant of {@link System#nanoTime()}, unless cancelled before. */
  public Timer schedule(long nanoTime, Runnable task) {
    var timer = new Timer(nanoTime - origin, task);
    timers.add(timer);
    return timer;
  }

  private void loop() {
    try (Arena arena = Arena.ofConfined()) {
      var events = new Polling.EpollEvents(arena);
      MemorySegment counter = arena.allocate(8, 8);
      while (!closed) {
        dispatch(events, Polling.epollWait(epoll, events, patience()), counter);
        runTasks();
        runTimers();
      }
    } catch (ErrnoException e) {
      LOG.error("The sandbox poller cannot wait any more; running tools are not watched.", e);
    }
  }

  private void dispatch(Polling.EpollEvents events, int count, MemorySegment counter) {
    for (int i = 0; i < count; i++) {
      if (events.data(i) == WAKE) {
        // Read before the flag falls: a task added in between is run below, one added after wakes
        // us.
        Descriptors.read(wake, counter);
        awake.set(false);
        continue;
      }
      Registration registration = registrations.get(events.data(i));
      if (registration != null) {
        guarded(registration.handler::ready);
      }
    }
  }

  private void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      guarded(task);
    }
  }

  private void runTimers() {
    long now = System.nanoTime() - origin;
    for (Timer next = timers.peek(); next != null && next.at <= now; next = timers.peek()) {
      timers.remove();
      if (!next.cancelled) {
        guarded(next.task);
      }
    }
  }

  private int patience() {
    Timer next = timers.peek();
    if (next == null) {
      return -1;
    }
    long nanos = next.at - (System.nanoTime() - origin);
    return nanos <= 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, (nanos + 999_999) / 1_000_000);
  }

  /** One run's defect must not end the watch over all others. */
  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("A handler of the sandbox poller failed.", e);
    }
  }

  /** Ends the thread and waits for it; what is registered is not watched any more. */
  @Override
  public void close() {
    execute(() -> closed = true);
    try {
      thread.join();
      epoll.close();
      wake.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A watched descriptor. */
  public final class Registration implements AutoCloseable {
    private final long id;
    private final Fd fd;
    private final int events;
    private final Handler handler;
    private boolean paused;

    private Registration(long id, Fd fd, int events, Handler handler) {
      this.id = id;
      this.fd = fd;
      this.events = events;
      this.handler = handler;
    }

    /** Stops watching without forgetting; hang-ups are not reported either. */
    public void pause() throws ErrnoException {
      if (!paused && registrations.containsKey(id)) {
        paused = true;
        Polling.epollControl(epoll, Polling.EPOLL_CTL_DEL, fd, 0, 0);
      }
    }

    public void resume() throws ErrnoException {
      if (paused && registrations.containsKey(id)) {
        paused = false;
        Polling.epollControl(epoll, Polling.EPOLL_CTL_ADD, fd, events, id);
      }
    }

    /** Stops watching; the descriptor stays open and is its owner's to close afterwards. */
    @Override
    public void close() {
      if (registrations.remove(id) == null || paused) {
        return;
      }
      try {
        Polling.epollControl(epoll, Polling.EPOLL_CTL_DEL, fd, 0, 0);
      } catch (ErrnoException e) {
        throw new IllegalStateException("a watched descriptor was closed by somebody else", e);
      }
    }
  }

  /** A task that waits for its instant. */
  public final class Timer {
    private final long at;
    private final Runnable task;
    private boolean cancelled;

    private Timer(long at, Runnable task) {
      this.at = at;
      this.task = task;
    }

    public void cancel() {
      cancelled = true;
      timers.remove(this);
    }
  }
}
