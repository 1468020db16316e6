package dev.chitin.bus;

import java.time.Duration;

/**
 * The instant by which a call must have ended, on the monotonic clock of this process. It is set
 * once at the edge and carried all the way down.
 *
 * @param nanoTime a value of {@link System#nanoTime()}
 */
public record Deadline(long nanoTime) {

  /** The deadline that lies {@code duration} from now. */
  public static Deadline after(Duration duration) {
    return new Deadline(System.nanoTime() + duration.toNanos());
  }

  /** Time left; zero when the deadline has passed. */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
  }

  /** Milliseconds left, rounded up; zero when the deadline has passed. */
  public long remainingMillis() {
    long nanos = nanoTime - System.nanoTime();
    return nanos <= 0 ? 0 : (nanos + 999_999) / 1_000_000;
  }

  public boolean expired() {
    return nanoTime - System.nanoTime() <= 0;
  }

  /** The deadline that lies {@code duration} after this one. */
  public Deadline plus(Duration duration) {
    return new Deadline(nanoTime + duration.toNanos());
  }

  /** The earlier of the two. */
  public Deadline min(Deadline other) {
    return nanoTime - other.nanoTime <= 0 ? this : other;
  }
}
