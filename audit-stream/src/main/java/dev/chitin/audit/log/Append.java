package dev.chitin.audit.log;

import dev.chitin.audit.LogPosition;
import dev.chitin.bus.ChitinException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One entry on its way to the disk, and the promise to its caller.
 *
 * <p>It is answered exactly once: by the writer when it is durable, or before by whoever notices
 * that its time is over. Whoever wins {@link #settle} decides; the promise itself completes later,
 * on the caller's context.
 */
final class Append {
  private enum State {
    QUEUED,
    WRITING,
    SETTLED
  }

  private final byte[] entry;
  private final long expiresNanos;
  private final @Nullable Supplier<byte[]> withdrawal;
  private final @Nullable ContextInternal context;
  private final Promise<LogPosition> promise;
  private final @Nullable Thread waiter;
  private final AtomicReference<State> state = new AtomicReference<>(State.QUEUED);
  private @Nullable LogPosition position;
  private @Nullable ChitinException failure;
  private volatile boolean delivered;

  /**
   * @param entry canonical JSON, at most {@link Frame#MAX_ENTRY} bytes
   * @param expiresNanos when the caller gives up, {@link System#nanoTime()}
   * @param withdrawal makes the entry that takes this one back, when it allows something that does
   *     not happen unless the caller is told; else null
   */
  Append(byte[] entry, long expiresNanos, @Nullable Supplier<byte[]> withdrawal) {
    this(entry, expiresNanos, withdrawal, ContextInternal.current(), null);
  }

  private Append(
      byte[] entry,
      long expiresNanos,
      @Nullable Supplier<byte[]> withdrawal,
      @Nullable ContextInternal context,
      @Nullable Thread waiter) {
    this.entry = entry;
    this.expiresNanos = expiresNanos;
    this.withdrawal = withdrawal;
    this.context = context;
    this.waiter = waiter;
    this.promise = context == null ? Promise.promise() : context.promise();
  }

  /** An entry for which this thread is going to {@link #await}. */
  static Append awaited(byte[] entry, long expiresNanos) {
    return new Append(entry, expiresNanos, null, null, Thread.currentThread());
  }

  byte[] entry() {
    return entry;
  }

  long expiresNanos() {
    return expiresNanos;
  }

  @Nullable Supplier<byte[]> withdrawal() {
    return withdrawal;
  }

  Future<LogPosition> future() {
    return promise.future();
  }

  /** Whether its caller's thread stands still for it, and is only to be woken. */
  boolean isAwaited() {
    return waiter != null;
  }

  /**
   * Waits until it is delivered, which it is in bounded time. An interrupt is kept for later.
   *
   * @throws ChitinException when it was refused
   */
  LogPosition await() {
    boolean interrupted = false;
    while (!delivered) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw failure;
    }
    return Objects.requireNonNull(position);
  }

  /** The event loop or worker that the caller waits on; null for other threads. */
  @Nullable ContextInternal home() {
    return context == null ? null : context.unwrap();
  }

  /**
   * Called when the writer takes the entry up.
   *
   * @return whether it is to be written. An authorization whose caller has been refused is not;
   *     anything else happened and is recorded, although its caller no longer waits.
   */
  boolean begin() {
    return state.compareAndSet(State.QUEUED, State.WRITING) || withdrawal == null;
  }

  /** Answers with the durable position; false when the caller has been or is now refused. */
  boolean succeed(LogPosition durable) {
    if (expiresNanos - System.nanoTime() <= 0 || !settle()) {
      return false;
    }
    position = durable;
    return true;
  }

  /** Answers with a failure; false when it was answered before. */
  boolean fail(ChitinException refusal) {
    if (!settle()) {
      return false;
    }
    failure = refusal;
    return true;
  }

  boolean isSettled() {
    return state.get() == State.SETTLED;
  }

  private boolean settle() {
    return state.getAndSet(State.SETTLED) != State.SETTLED;
  }

  /**
   * Completes the promise; called once, by whoever settled, on the caller's context. Or wakes the
   * caller's thread, on any.
   */
  void deliver() {
    if (waiter != null) {
      delivered = true;
      LockSupport.unpark(waiter);
    } else if (position != null) {
      promise.tryComplete(position);
    } else if (failure != null) {
      promise.tryFail(failure);
    } else {
      throw new IllegalStateException("delivered before it was settled");
    }
  }
}
