package dev.chitin.bus;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.util.List;

/**
 * The typed view of the Vert.x event bus. Made once for each {@link Vertx} and handed to whoever
 * serves or calls.
 */
public final class Bus {
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
    return serve(address, new Server<>(address, maxInFlight, service));
  }

  /**
   * The same on one of several event loops: who calls from this one is served here, without a
   * change of threads, and who calls from where the address is not served by any of them.
   */
  public <Q, R> Future<Registration> serveNear(
      Address<Q, R> address, int maxInFlight, Service<Q, R> service) {
    var server = new Server<>(address, maxInFlight, service);
    return serve(address, server).onSuccess(taken -> taken.onEnd(near.add(address.name(), server)));
  }

  private Future<Registration> serve(Address<?, ?> address, Server<?, ?> server) {
    List<MessageConsumer<?>> consumers =
        List.of(
            eventBus.localConsumer(address.name(), server::accept),
            eventBus.localConsumer(address.cancelName(), server::cancel));
    return Future.all(consumers.stream().map(MessageConsumer::completion).toList())
        .map(taken -> new Registration(consumers));
  }

  /** The way to call {@code address}, with at most {@code maxInFlight} unanswered requests. */
  public <Q, R> Endpoint<Q, R> endpoint(Address<Q, R> address, int maxInFlight) {
    return endpoint(address, maxInFlight, Duration.ZERO);
  }

  /**
   * The same for a service that ends its work itself at the deadline, and then says what came of
   * it.
   *
   * @param grace how long after the deadline its answer is waited for
   */
  public <Q, R> Endpoint<Q, R> endpoint(Address<Q, R> address, int maxInFlight, Duration grace) {
    return new Endpoint<>(eventBus, near, address, maxInFlight, grace);
  }
}
