package dev.chitin.sandbox.nativeos;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spawns every process from a platform thread that lives as long as the process may: Linux delivers
 * PR_SET_PDEATHSIG, on which {@code --die-with-parent} rests, when the parent's <em>thread</em>
 * ends.
 *
 * <p>Threads of {@link #threads} spawn by themselves. For all others one thread does it that lives
 * as long as this object; callers wait for their turn, and how many wait is bounded by the callers'
 * own threads.
 */
public final class Spawner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Spawner.class);

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("sandbox-spawner").daemon(true).factory());
  private final ThreadLocal<Boolean> lasting = ThreadLocal.withInitial(() -> false);

  /**
   * Where a child is born, beyond its arguments: what a thread of Linux hands on to what it starts,
   * its control groups say. Both methods are called on the thread that spawns.
   */
  public interface Birthplace {
    /** Where the thread is. */
    Birthplace HERE =
        new Birthplace() {
          @Override
          public void enter() {}

          @Override
          public void leave() {}
        };

    /** Before the child is made. */
    void enter() throws IOException;

    /** After it is made, or when it could not be, also when {@link #enter} failed half way. */
    void leave() throws IOException;
  }

  /**
   * A fixed number of threads that spawn by themselves, which saves a call two changes of thread. A
   * task that fails does not end its thread, whose children would die with it.
   *
   * @param count how many
   * @param waiting how many tasks may wait for one; more are rejected
   */
  public ThreadPoolExecutor threads(String name, int count, int waiting) {
    ThreadFactory factory = Thread.ofPlatform().name(name, 0).daemon(true).factory();
    return new ThreadPoolExecutor(
        count,
        count,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(waiting),
        work ->
            factory.newThread(
                () -> {
                  lasting.set(true);
                  work.run();
                })) {
      @Override
      public void execute(Runnable task) {
        super.execute(() -> survive(task));
      }
    };
  }

  private static void survive(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      LOG.error("A task of a spawning thread failed.", e);
    }
  }

  /**
   * Starts a program with an empty environment in a session of its own.
   *
   * @param path absolute
   * @param argv from {@code argv[0]} on
   * @param descriptors becomes 0, 1, 2 … of the child; nothing else is open in it
   */
  public ChildProcess spawn(String path, List<String> argv, List<Fd> descriptors)
      throws IOException, InterruptedException {
    return spawn(path, argv, descriptors, Birthplace.HERE);
  }

  /** The same, born in {@code place}. */
  public ChildProcess spawn(String path, List<String> argv, List<Fd> descriptors, Birthplace place)
      throws IOException, InterruptedException {
    if (lasting.get()) {
      return start(path, argv, descriptors, place);
    }
    try {
      return thread.submit(() -> start(path, argv, descriptors, place)).get();
    } catch (RejectedExecutionException e) {
      throw new ErrnoException("spawn after close", Errno.EPERM);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failed) {
        throw failed;
      }
      throw new IllegalStateException("spawning failed", e.getCause());
    }
  }

  private static ChildProcess start(
      String path, List<String> argv, List<Fd> descriptors, Birthplace place) throws IOException {
    ChildProcess child;
    try {
      place.enter();
      child = start(path, argv, descriptors);
    } catch (IOException | RuntimeException e) {
      place.leave();
      throw e;
    }
    try {
      place.leave();
      return child;
    } catch (IOException e) {
      child.kill();
      child.reap();
      child.close();
      throw e;
    }
  }

  private static ChildProcess start(String path, List<String> argv, List<Fd> descriptors)
      throws ErrnoException {
    int pid = PosixSpawn.spawn(path, argv, descriptors);
    // Nobody else waits for this child, so its number cannot have been used again.
    return new ChildProcess(Processes.pidfdOpen(pid));
  }

  /** Ends its own thread; the kernel then kills what still hangs on it. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
