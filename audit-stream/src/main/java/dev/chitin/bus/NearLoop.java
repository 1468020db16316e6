package dev.chitin.bus;

import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The servers of one event loop, and the requests to them from there. These are handed over in
 * their order once what runs now has ended, as messages are: who asks never finds himself within
 * the service that he asks, and of many calls each takes the same step one after the other, which
 * keeps the code of that step near.
 */
final class NearLoop {
  private final EventLoop loop;
  private final Map<String, Served> served = new ConcurrentHashMap<>();
  private final Timeouts timeouts;
  private final ArrayDeque<Request> sent = new ArrayDeque<>();
  private boolean delivers;

  /** Who serves an address, on which context of this event loop. */
  record Served(Server<?, ?> server, ContextInternal home) {}

  private record Request(Served served, Envelope envelope, Promise<Object> answer) {
    void deliver() {
      ContextInternal before = served.home().beginDispatch();
      try {
        served.server().serve(envelope, this::settle);
      } finally {
        served.home().endDispatch(before);
      }
    }

    /** Whoever asked may have had his answer: that it took too long. */
    private void settle(@Nullable Object reply, @Nullable Throwable failure) {
      if (failure == null) {
        answer.tryComplete(reply);
      } else {
        answer.tryFail(failure);
      }
    }
  }

  NearLoop(EventLoop loop) {
    this.loop = loop;
    timeouts = new Timeouts(loop);
  }

  void add(String address, Served server) {
    served.put(address, server);
  }

  void remove(String address, Served server) {
    served.remove(address, server);
  }

  @Nullable Served find(String address) {
    return served.get(address);
  }

  /** On this event loop; the answer completes on {@code caller}, a context of it. */
  Future<Object> request(
      Served server, Envelope envelope, ContextInternal caller, Deadline answerBy) {
    Promise<Object> answer = caller.promise();
    sent.add(new Request(server, envelope, answer));
    if (!delivers) {
      loop.execute(this::deliver);
      delivers = true;
    }
    timeouts.watch(answerBy, answer, NearLoop::tooLate);
    return answer.future();
  }

  private static Throwable tooLate() {
    return new ReplyException(ReplyFailure.TIMEOUT);
  }

  /** Also what follows on one that failed in a way nobody foresaw. */
  private void deliver() {
    try {
      for (Request next = sent.poll(); next != null; next = sent.poll()) {
        next.deliver();
      }
    } finally {
      delivers = !sent.isEmpty();
      if (delivers) {
        loop.execute(this::deliver);
      }
    }
  }
}
