package dev.chitin.sandbox.nativeos;

import java.util.concurrent.atomic.AtomicInteger;

/** One open descriptor and the duty to close it. Closing twice is harmless. */
public final class Fd implements AutoCloseable {
  private final AtomicInteger number;

  public Fd(int number) {
    this.number = new AtomicInteger(number);
  }

  /**
   * The descriptor's number.
   *
   * @throws IllegalStateException when it is closed, so that a number that now means another file
   *     is never used
   */
  public int number() {
    int open = number.get();
    if (open < 0) {
      throw new IllegalStateException("the descriptor is closed");
    }
    return open;
  }

  @Override
  public void close() {
    int open = number.getAndSet(-1);
    if (open >= 0) {
      Descriptors.close(open);
    }
  }
}
