package dev.chitin.bus;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The typed view of the Vert.x event bus. Made once for each {@link Vertx} and handed to whoever
 * serves or calls.
 */
public final class Bus {
  private static final Logger LOG = LoggerFactory.getLogger(Bus.class);

  private final EventBus eventBus;
  private final NearServers near = new NearServers();

  private Bus(EventBus eventBus) {
    this.eventBus = eventBus;
  }

  /**
   * Registers the record codecs on {@code vertx}.
   *
   * @throws IllegalStateException when this Vert.x instance already has a bus
   */
  public static Bus of(Vertx vertx) {
    EventBus eventBus = vertx.eventBus();
    register(eventBus, Envelope.class);
    register(eventBus, Envelope.Reply.class);
    register(eventBus, Envelope.Cancel.class);
    register(eventBus, BusFailure.class);
    return new Bus(eventBus);
  }

  private static <T> void register(EventBus eventBus, Class<T> type) {
    eventBus.registerDefaultCodec(type, new RecordCodec<>(type));
  }

  /**
   * Serves {@code address} on the current context until the verticle is undeployed. A request whose
   * deadline has passed, or beyond {@code maxInFlight} unanswered ones, is refused before the
   * service sees it.
   *
   * @return completes when the address is taken
   */
  public <Q, R> Future<Registration> serve(
      Address<Q, R> address, int maxInFlight, Service<Q, R> service) {
    return serve(address, List.of(address.name()), new Server<>(address, maxInFlight, service));
  }

  /**
   * The same on one of several event loops: who calls from this one is served here, without a
   * change of threads, and who calls from where the address is not served by any of them.
   */
  public <Q, R> Future<Registration> serveNear(
      Address<Q, R> address, int maxInFlight, Service<Q, R> service) {
    String here = near.nameHere(address.name());
    return serve(
            address, List.of(address.name(), here), new Server<>(address, maxInFlight, service))
        .onSuccess(taken -> taken.onEnd(near.add(address.name(), here)));
  }

  private Future<Registration> serve(
      Address<?, ?> address, List<String> names, Server<?, ?> server) {
    List<MessageConsumer<?>> consumers = new ArrayList<>();
    for (String name : names) {
      consumers.add(eventBus.localConsumer(name, server::accept));
    }
    consumers.add(eventBus.localConsumer(address.cancelName(), server::cancel));
    return Future.all(consumers.stream().map(MessageConsumer::completion).toList())
        .map(taken -> new Registration(consumers));
  }

  /** The way to call {@code address}, with at most {@code maxInFlight} unanswered requests. */
  public <Q, R> Endpoint<Q, R> endpoint(Address<Q, R> address, int maxInFlight) {
    return new Endpoint<>(eventBus, near, address, maxInFlight);
  }

  /** The requests in flight of one consumer; all on its context. */
  private static final class Server<Q, R> {
    private final Address<Q, R> address;
    private final int maxInFlight;
    private final Service<Q, R> service;
    private final Map<Envelope.CorrelationId, CallContext> inFlight = new HashMap<>();

    Server(Address<Q, R> address, int maxInFlight, Service<Q, R> service) {
      this.address = address;
      this.maxInFlight = maxInFlight;
      this.service = service;
    }

    void accept(Message<Envelope> message) {
      Envelope envelope = message.body();
      if (envelope.deadline().expired()) {
        fail(
            message,
            Problem.of(
                    ProblemCode.DEADLINE_EXCEEDED, "The deadline passed on the way to a service.")
                .toException());
        return;
      }
      if (inFlight.size() >= maxInFlight) {
        fail(message, Endpoint.overloaded(address.name(), maxInFlight));
        return;
      }
      var context = new CallContext(envelope.deadline(), envelope.trace());
      inFlight.put(envelope.id(), context);
      onThisContext(answer(envelope, context))
          .onComplete(
              reply -> {
                inFlight.remove(envelope.id());
                message.reply(new Envelope.Reply(reply));
              },
              failure -> {
                inFlight.remove(envelope.id());
                fail(message, ChitinException.from(failure));
              });
    }

    private Future<R> answer(Envelope envelope, CallContext context) {
      try {
        return service.handle(address.request().cast(envelope.body()), context);
      } catch (RuntimeException | Error e) {
        return Future.failedFuture(e); // A caller waits; what the service threw goes to the log.
      }
    }

    /** A service may answer on any thread; the requests in flight are touched on their own only. */
    private static <T> Future<T> onThisContext(Future<T> answer) {
      Promise<T> here = ContextInternal.current().promise();
      answer.onComplete(here);
      return here.future();
    }

    private void fail(Message<Envelope> message, ChitinException failure) {
      if (failure instanceof ChitinException.Defect) {
        LOG.error("{} failed", address.name(), failure);
      }
      message.reply(new BusFailure(failure));
    }

    void cancel(Message<Envelope.Cancel> message) {
      CallContext context = inFlight.get(message.body().id());
      if (context != null) {
        context.cancel(message.body().reason());
      }
    }
  }
}
