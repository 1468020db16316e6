package dev.chitin.bus;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Fails what waits on one event loop beyond its deadline, at most {@value #LOOK_MILLIS} ms late.
 * Nearly all that waits is answered long before: one timer for all of it, which runs while there is
 * any, costs less than one for each. Used on that event loop only.
 */
public final class Timeouts {
  private static final long LOOK_MILLIS = 5;

  private final EventLoop loop;
  private List<Waiting> waiting = new ArrayList<>();
  private @Nullable ScheduledFuture<?> next;

  private record Waiting(Deadline deadline, Promise<?> answer, Supplier<Throwable> failure) {
    boolean isAnswered() {
      return answer.future().isComplete();
    }
  }

  public Timeouts(EventLoop loop) {
    this.loop = loop;
  }

  /** Fails {@code answer} with what {@code failure} makes unless it is complete in time. */
  public void watch(Deadline deadline, Promise<?> answer, Supplier<Throwable> failure) {
    waiting.add(new Waiting(deadline, answer, failure));
    if (next == null) {
      lookLater();
    }
  }

  /** How many are watched: those that wait, and those answered since the last look. */
  int watched() {
    return waiting.size();
  }

  private void lookLater() {
    next = loop.schedule(this::look, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    next = null;
    var still = new ArrayList<Waiting>();
    var over = new ArrayList<Waiting>();
    for (Waiting one : waiting) {
      if (!one.isAnswered()) {
        (one.deadline().expired() ? over : still).add(one);
      }
    }
    waiting = still;
    over.forEach(one -> one.answer().tryFail(one.failure().get()));
    if (!waiting.isEmpty() && next == null) {
      lookLater();
    }
  }
}
