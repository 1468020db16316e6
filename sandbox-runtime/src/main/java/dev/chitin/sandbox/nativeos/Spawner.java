package dev.chitin.sandbox.nativeos;

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
   * Starts a program with an empty environment in a session of its own.
   *
   * @param path absolute
   * @param argv from {@code argv[0]} on
   * @param descriptors becomes 0, 1, 2 … of the child; nothing else is open in it
   */
  public ChildProcess spawn(String path, List<String> argv, List<Fd> descriptors)
      throws ErrnoException, InterruptedException {
    try {
      return thread.submit(() -> start(path, argv, descriptors)).get();
    } catch (RejectedExecutionException e) {
      throw new ErrnoException("spawn after close", Errno.EPERM);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ErrnoException errno) {
        throw errno;
      }
      throw new IllegalStateException("spawning failed", e.getCause());
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
