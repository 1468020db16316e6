package dev.chitin.sandbox.nativeos;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/**
 * Spawns every process from one platform thread that lives as long as this object: Linux delivers
 * PR_SET_PDEATHSIG, on which {@code --die-with-parent} rests, when the parent's <em>thread</em>
 * ends.
 *
 * <p>Callers wait for their turn; how many wait is bounded by the callers' own threads.
 */
public final class Spawner implements AutoCloseable {
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("sandbox-spawner").daemon(true).factory());

  /**
   * Where a child is born, beyond its arguments: what a thread of Linux hands on to what it starts,
   * its control groups say. Both methods are called on the spawner's own thread.
   */
  public interface Birthplace {
    /** Where the spawner is. */
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
    return new ChildProcess(Kernel.pidfdOpen(pid));
  }

  /** Ends the thread; the kernel then kills what still hangs on it. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
