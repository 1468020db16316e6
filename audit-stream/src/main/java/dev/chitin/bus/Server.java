package dev.chitin.bus;

import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.Message;
import io.vertx.core.internal.ContextInternal;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One who serves an address, with the requests in flight; all on the context that serves it. */
final class Server<Q, R> {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);

  private final Address<Q, R> address;
  private final int maxInFlight;
  private final Service<Q, R> service;
  private final Map<Envelope.CorrelationId, CallContext> inFlight = new HashMap<>();

  Server(Address<Q, R> address, int maxInFlight, Service<Q, R> service) {
    this.address = address;
    this.maxInFlight = maxInFlight;
    this.service = service;
  }

  /** Serves what came over the event bus. */
  void accept(Message<Envelope> message) {
    serve(
        message.body(),
        (reply, failure) -> message.reply(failure == null ? new Envelope.Reply(reply) : failure));
  }

  /**
   * Serves one request, on the current context.
   *
   * @param answer gets the reply or a {@link BusFailure}
   */
  void serve(Envelope envelope, Completable<Object> answer) {
    if (envelope.deadline().expired()) {
      answer.fail(late());
      return;
    }
    if (inFlight.size() >= maxInFlight) {
      answer.fail(new BusFailure(Endpoint.overloaded(address.name(), maxInFlight)));
      return;
    }
    var context = new CallContext(envelope.deadline(), envelope.trace());
    inFlight.put(envelope.id(), context);
    handle(envelope, context)
        .onComplete(
            (reply, failure) -> {
              inFlight.remove(envelope.id());
              answer.complete(reply, failure == null ? null : failed(failure));
            });
  }

  /** A service may answer on any thread; the requests in flight are touched on their own only. */
  private Future<R> handle(Envelope envelope, CallContext context) {
    Promise<R> here = ContextInternal.current().promise();
    try {
      service.handle(address.request().cast(envelope.body()), context).onComplete(here);
    } catch (RuntimeException | Error e) {
      here.fail(e); // A caller waits; what the service threw goes to the log.
    }
    return here.future();
  }

  private BusFailure failed(Throwable cause) {
    ChitinException failure = ChitinException.from(cause);
    if (failure instanceof ChitinException.Defect) {
      LOG.error("{} failed", address.name(), failure);
    }
    return new BusFailure(failure);
  }

  private static BusFailure late() {
    return new BusFailure(
        Problem.of(ProblemCode.DEADLINE_EXCEEDED, "The deadline passed on the way to a service.")
            .toException());
  }

  void cancel(Message<Envelope.Cancel> message) {
    CallContext context = inFlight.get(message.body().id());
    if (context != null) {
      context.cancel(message.body().reason());
    }
  }
}
