package dev.chitin.bus;

import io.netty.channel.EventLoop;
import io.vertx.core.internal.ContextInternal;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses are served on which event loops. A request that stays on its loop wakes no other
 * thread; an address that is not served there is served by whoever the event bus picks. Safe for
 * use from any thread.
 */
final class NearServers {
  private final Map<String, Map<EventLoop, String>> served = new ConcurrentHashMap<>();

  /** The name under which this event loop alone serves {@code address}. */
  String nameHere(String address) {
    return address + '@' + Integer.toHexString(System.identityHashCode(loop()));
  }

  /**
   * Has requests of this event loop for {@code address} sent to {@code name} from now on.
   *
   * @return ends that
   */
  Runnable add(String address, String name) {
    EventLoop loop = loop();
    Map<EventLoop, String> names =
        served.computeIfAbsent(address, first -> new ConcurrentHashMap<>());
    names.put(loop, name);
    return () -> names.remove(loop, name);
  }

  /** Where to send a request for {@code address} from here. */
  String nearest(String address) {
    Map<EventLoop, String> names = served.get(address);
    @Nullable ContextInternal here = ContextInternal.current();
    if (names == null || here == null) {
      return address;
    }
    return names.getOrDefault(here.nettyEventLoop(), address);
  }

  private static EventLoop loop() {
    return ContextInternal.current().nettyEventLoop();
  }
}
