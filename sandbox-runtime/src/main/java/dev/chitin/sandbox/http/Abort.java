package dev.chitin.sandbox.http;

import io.netty.channel.Channel;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.net.impl.ConnectionBase;
import org.jspecify.annotations.Nullable;

/**
 * The end of an exchange from this side. A reset alone lets what waits to be written be written
 * first, which a server that does not read holds up for ever.
 */
final class Abort {
  private Abort() {}

  /**
   * Ends the exchange and its connection now. Harmless when it is over.
   *
   * @param reason what it then fails with, or null for none in particular
   */
  static void now(HttpClientRequest request, @Nullable Throwable reason) {
    request.reset(0, reason);
    if (request.connection() instanceof ConnectionBase connection) {
      Channel channel = connection.channel();
      channel.eventLoop().execute(() -> channel.unsafe().close(channel.voidPromise()));
    }
  }
}
