package dev.chitin.gateway.http;

import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What answers and streams hold of memory while their clients do not read them, over all
 * connections of an event loop. Beyond the bound the connection that holds most is closed: in
 * HTTP/2 a client can ask for a hundred answers and open the window for none, and what a stream has
 * written waits on when the call that it told of is over. Confined to one event loop.
 */
final class UnsentAnswers {
  /** Bytes of all event loops; far below the heap that a gateway is given. */
  private static final long MOST = 128L << 20;

  /** In HTTP/1 a connection waits with one answer at a time: small ones need no account. */
  private static final int SMALL = 16 * 1024;

  private final long most;
  private final IdentityHashMap<HttpConnection, Long> held = new IdentityHashMap<>();
  private long total;

  UnsentAnswers() {
    this(MOST / Runtime.getRuntime().availableProcessors());
  }

  /**
   * @param most bytes that may be unsent
   */
  UnsentAnswers(long most) {
    this.most = most;
  }

  /** Ends {@code response} with {@code body}. */
  void end(HttpServerRequest request, HttpServerResponse response, Buffer body) {
    boolean counts = body.length() > SMALL || request.version() == HttpVersion.HTTP_2;
    Future<Void> sent = response.end(body);
    if (counts) {
      count(request.connection(), body.length(), sent);
    }
  }

  /** Writes {@code piece} of a stream: pieces gather, so that small ones count too. */
  void write(HttpServerRequest request, HttpServerResponse response, Buffer piece) {
    count(request.connection(), piece.length(), response.write(piece));
  }

  private void count(HttpConnection connection, long bytes, Future<Void> sent) {
    if (!sent.isComplete()) {
      hold(connection, bytes);
      sent.onComplete(done -> release(connection, bytes));
    }
  }

  private void hold(HttpConnection connection, long bytes) {
    held.merge(connection, bytes, Long::sum);
    total += bytes;
    if (total > most) {
      drop(held.entrySet().stream().max(Map.Entry.comparingByValue()).orElse(null));
    }
  }

  private void drop(Map.@Nullable Entry<HttpConnection, Long> largest) {
    if (largest == null) {
      return;
    }
    HttpConnection connection = largest.getKey();
    total -= largest.getValue();
    held.remove(connection);
    close(connection);
  }

  /** At once: an orderly close would wait until the answers are read. */
  static void close(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      Channel channel = base.channel();
      channel.eventLoop().execute(() -> channel.unsafe().close(channel.voidPromise()));
    } else {
      connection.close();
    }
  }

  /** Of a connection that was dropped there may be less. */
  private void release(HttpConnection connection, long bytes) {
    Long before = held.get(connection);
    if (before == null) {
      return;
    }
    long given = Math.min(before, bytes);
    total -= given;
    if (before == given) {
      held.remove(connection);
    } else {
      held.put(connection, before - given);
    }
  }

  /** Bytes that wait now. */
  long total() {
    return total;
  }
}
