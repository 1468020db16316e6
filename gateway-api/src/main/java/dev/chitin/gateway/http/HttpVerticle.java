package dev.chitin.gateway.http;

import dev.chitin.vault.memory.ZeroingAllocator;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One event loop's share of the edge on TCP. Instances with one port share its connections. */
public final class HttpVerticle extends VerticleBase {
  private final HttpEdge edge;
  private final int port;
  private final AtomicInteger connections;
  private final ZeroingAllocator allocator = new ZeroingAllocator();
  private int actualPort;

  /**
   * @param port where to listen; -1 picks a free one for all instances, see {@link #actualPort()}
   * @param connections counts those of all instances
   */
  public HttpVerticle(HttpEdge edge, int port, AtomicInteger connections) {
    this.edge = edge;
    this.port = port;
    this.connections = connections;
  }

  /** The port that is listened on, once started. */
  public int actualPort() {
    return actualPort;
  }

  @Override
  public Future<?> start() {
    HttpServer server = vertx.createHttpServer(options(edge.settings()));
    var late = new Late();
    server.connectionHandler(this::count);
    server.invalidRequestHandler(new InvalidRequests(edge.live()));
    server.requestHandler(late::handle);
    return server
        .listen(port, edge.settings().host())
        .onSuccess(
            listening -> {
              actualPort = listening.actualPort();
              late.edge = edge();
            });
  }

  private Edge edge() {
    return new Edge(
        vertx,
        edge.settings(),
        new RequestGuard(hosts(edge.settings(), actualPort)),
        new RouteTable(routes()),
        request ->
            edge.authenticator()
                .check(
                    request.headers().getAll("authorization"),
                    request.headers().getAll("x-api-key")),
        edge.audit(),
        edge.live());
  }

  private List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.addAll(
        new CallRoutes(
                edge.bus(), edge.registry(), edge.executor(), edge.admission(), edge.settings())
            .routes());
    routes.addAll(new ToolRoutes(edge.registry()).routes());
    routes.addAll(new SecretRoutes(vertx, edge.vault(), edge.settings()).routes());
    routes.addAll(new HealthRoutes(edge.readiness()).routes());
    routes.addAll(
        new MetricsRoutes(() -> edge.live().clean("metrics", edge.metrics().get())).routes());
    return routes;
  }

  /** Names under which a request may reach this listener: against DNS rebinding. */
  private static Set<String> hosts(EdgeSettings settings, int port) {
    Set<String> names = new HashSet<>();
    for (String host : List.of(settings.host(), "localhost", "127.0.0.1", "[::1]")) {
      names.add(host.toLowerCase(Locale.ROOT) + ":" + port);
      if (port == 80) {
        names.add(host.toLowerCase(Locale.ROOT));
      }
    }
    settings.hosts().forEach(host -> names.add(host.toLowerCase(Locale.ROOT)));
    return names;
  }

  /** What is read from the connection lies in memory that is wiped: it may be a secret. */
  static void readWiped(HttpConnection connection, ZeroingAllocator allocator) {
    if (!(connection instanceof ConnectionBase base)) {
      throw new IllegalStateException("the connection gives no access to its channel");
    }
    base.channel().config().setAllocator(allocator);
  }

  private void count(HttpConnection connection) {
    readWiped(connection, allocator);
    connection.closeHandler(closed -> connections.decrementAndGet());
    if (connections.incrementAndGet() > edge.settings().connections()) {
      connection.close();
    }
  }

  static HttpServerOptions options(EdgeSettings settings) {
    return new HttpServerOptions()
        .setMaxInitialLineLength(8 * 1024)
        .setMaxHeaderSize(settings.headerBytes())
        .setMaxFormFields(0)
        .setHandle100ContinueAutomatically(false)
        .setDecompressionSupported(false)
        .setCompressionSupported(false)
        .setHttp2ClearTextEnabled(false)
        .setTcpNoDelay(true)
        .setIdleTimeout(
            (int) Duration.ofMillis(settings.callTimeoutMillis()).plusSeconds(15).toSeconds());
  }

  /** The edge of a listener whose port is known only once it listens. */
  private static final class Late {
    private @Nullable Edge edge;

    void handle(HttpServerRequest request) {
      if (edge == null) {
        request.connection().close();
      } else {
        edge.handle(request);
      }
    }
  }
}
