package dev.chitin.gateway.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * Connections whose address asked too often. Each has had its one answer: nothing more is read from
 * it, what was read already is not looked at, and it is closed when its client has had the time to
 * read. A flood of requests so becomes one of connections, which are few for each address. Confined
 * to one event loop.
 */
final class TurnedAway {
  private static final long LINGER_MILLIS = 250;

  private final Vertx vertx;
  private final Set<HttpConnection> connections =
      Collections.newSetFromMap(new IdentityHashMap<>());

  TurnedAway(Vertx vertx) {
    this.vertx = vertx;
  }

  boolean contains(HttpConnection connection) {
    return !connections.isEmpty() && connections.contains(connection);
  }

  /** Ends a connection that has been given its answer. */
  void add(HttpConnection connection) {
    if (connections.add(connection)) {
      if (connection instanceof ConnectionBase base) {
        base.channel().config().setAutoRead(false);
      }
      vertx.setTimer(
          LINGER_MILLIS,
          late -> {
            connections.remove(connection);
            connection.close();
          });
    }
  }
}
