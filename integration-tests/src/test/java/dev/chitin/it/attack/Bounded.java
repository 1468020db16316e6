package dev.chitin.it.attack;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waiting for what the kernel gives no signal of, within a bound. */
final class Bounded {
  private static final long SECONDS = 20;

  private Bounded() {}

  /** Returns as soon as {@code condition} holds; false when it does not within the bound. */
  static boolean holds(Callable<Boolean> condition) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    try {
      while (!condition.call()) {
        if (System.nanoTime() > end) {
          return false;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
      }
      return true;
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  /** Like {@link #holds}, where it is a failure when it does not. */
  static void await(Callable<Boolean> condition, String what) throws IOException {
    if (!holds(condition)) {
      throw new IOException("not within " + SECONDS + " s: " + what);
    }
  }
}
