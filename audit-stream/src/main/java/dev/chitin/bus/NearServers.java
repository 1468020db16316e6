package dev.chitin.bus;

import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who serves which address on which event loop. A request that stays on its loop is handed over
 * there; an address that is not served there is served by whoever the event bus picks. Safe for use
 * from any thread.
 */
final class NearServers {
  private final Map<EventLoop, NearLoop> loops = new ConcurrentHashMap<>();

  /**
   * Has requests of this event loop for {@code address} served by {@code server} from now on, until
   * the verticle is undeployed.
   *
   * @return ends that before
   */
  Runnable add(String address, Server<?, ?> server) {
    ContextInternal home = ContextInternal.current();
    NearLoop here = loops.computeIfAbsent(home.nettyEventLoop(), NearLoop::new);
    var served = new NearLoop.Served(server, home);
    here.add(address, served);
    Runnable end = () -> here.remove(address, served);
    home.addCloseHook(
        done -> {
          end.run();
          done.succeed();
        });
    return end;
  }

  /**
   * Asks who serves {@code address} on this event loop.
   *
   * @param answerBy when the caller gives up
   * @return the reply, or a {@link BusFailure}; null when nobody serves it here
   */
  @Nullable Future<Object> request(String address, Envelope envelope, Deadline answerBy) {
    @Nullable ContextInternal caller = ContextInternal.current();
    if (caller == null || !caller.nettyEventLoop().inEventLoop()) {
      return null;
    }
    NearLoop here = loops.get(caller.nettyEventLoop());
    NearLoop.Served served = here == null ? null : here.find(address);
    return here == null || served == null ? null : here.request(served, envelope, caller, answerBy);
  }
}
