package dev.chitin.bus;

import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The client side of one {@link Address}. Bounds what it has in flight, waits for an answer as long
 * as there is time, and takes a request back when that is over. Safe for use from any thread.
 */
public final class Endpoint<Q, R> {
  private final EventBus eventBus;
  private final NearServers near;
  private final Address<Q, R> address;
  private final int maxInFlight;
  private final Duration grace;
  private final long id = ThreadLocalRandom.current().nextLong();
  private final AtomicLong sequence = new AtomicLong();
  private final AtomicInteger inFlight = new AtomicInteger();

  Endpoint(
      EventBus eventBus, NearServers near, Address<Q, R> address, int maxInFlight, Duration grace) {
    this.eventBus = eventBus;
    this.near = near;
    this.address = address;
    this.maxInFlight = maxInFlight;
    this.grace = grace;
  }

  /** Sends {@code request}; the answer's failures are always {@link ChitinException}s. */
  public Future<R> call(Q request, Deadline deadline) {
    return start(request, deadline).result();
  }

  /** Sends {@code request} and keeps the way to cancel it. */
  public BusCall<R> start(Q request, Deadline deadline) {
    return start(request, deadline, null);
  }

  /**
   * The same within a trace.
   *
   * @param trace the span that asks, or null
   */
  public BusCall<R> start(Q request, Deadline deadline, @Nullable TraceContext trace) {
    if (deadline.expired()) {
      return refused(
          Problem.of(
                  ProblemCode.DEADLINE_EXCEEDED, "The deadline passed before a step of the call.")
              .toException());
    }
    if (inFlight.incrementAndGet() > maxInFlight) {
      inFlight.decrementAndGet();
      return refused(overloaded(address.name(), maxInFlight));
    }
    var correlation = new Envelope.CorrelationId(id, sequence.incrementAndGet());
    var call = new Call(correlation);
    call.result =
        send(new Envelope(correlation, deadline, trace, request), deadline.plus(grace))
            .transform(
                reply -> {
                  inFlight.decrementAndGet();
                  return reply.succeeded()
                      ? Future.succeededFuture(address.reply().cast(reply.result()))
                      : Future.failedFuture(call.failure(reply.cause()));
                });
    return call;
  }

  private Future<Object> send(Envelope envelope, Deadline answerBy) {
    try {
      Future<Object> answer = near.request(address.name(), envelope, answerBy);
      return answer == null ? sendFar(envelope, answerBy) : answer;
    } catch (IllegalStateException | RejectedExecutionException e) {
      return Future.failedFuture(e); // The Vert.x instance has been closed.
    }
  }

  private Future<Object> sendFar(Envelope envelope, Deadline answerBy) {
    return eventBus
        .<Envelope.Reply>request(
            address.name(),
            envelope,
            new DeliveryOptions()
                .setSendTimeout(Math.max(1, answerBy.remainingMillis()))
                .setLocalOnly(true))
        .map(reply -> reply.body().body());
  }

  /** How many requests are unanswered now. */
  public int inFlight() {
    return inFlight.get();
  }

  static ChitinException overloaded(String address, int bound) {
    return Problem.of(
            ProblemCode.GATEWAY_OVERLOADED,
            "There are already " + bound + " unanswered requests for " + address + ".")
        .withHint("Try again when calls have ended.")
        .toException();
  }

  private BusCall<R> refused(ChitinException failure) {
    return new BusCall<>() {
      @Override
      public Future<R> result() {
        return Future.failedFuture(failure);
      }

      @Override
      public void cancel(String reason) {
        // It was never sent.
      }
    };
  }

  private final class Call implements BusCall<R> {
    private final Envelope.CorrelationId correlation;
    private Future<R> result = Future.failedFuture("not sent");

    Call(Envelope.CorrelationId correlation) {
      this.correlation = correlation;
    }

    @Override
    public Future<R> result() {
      return result;
    }

    @Override
    public void cancel(String reason) {
      if (!result.isComplete()) {
        publishCancel(reason);
      }
    }

    private ChitinException notServed() {
      return Problem.of(ProblemCode.GATEWAY_DRAINING, address.name() + " is not served now.")
          .toException();
    }

    private void publishCancel(String reason) {
      eventBus.publish(
          address.cancelName(),
          new Envelope.Cancel(correlation, reason),
          new DeliveryOptions().setLocalOnly(true));
    }

    ChitinException failure(Throwable cause) {
      if (cause instanceof BusFailure known) {
        return known.failure();
      }
      if (cause instanceof ReplyException reply && reply.failureType() == ReplyFailure.TIMEOUT) {
        publishCancel("deadline");
        return Problem.of(
                ProblemCode.DEADLINE_EXCEEDED, address.name() + " did not answer in time.")
            .toException();
      }
      if (cause instanceof ReplyException reply
          && reply.failureType() == ReplyFailure.NO_HANDLERS) {
        return notServed();
      }
      if (cause instanceof IllegalStateException || cause instanceof RejectedExecutionException) {
        return notServed();
      }
      return ChitinException.from(cause);
    }
  }
}
