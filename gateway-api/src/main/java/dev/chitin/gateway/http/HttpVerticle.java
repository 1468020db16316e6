package dev.chitin.gateway.http;

import dev.chitin.gateway.auth.Presented;
import dev.chitin.gateway.auth.mtls.RefusedHandshakes;
import dev.chitin.gateway.tls.ClientAuthority;
import dev.chitin.gateway.tls.TlsIdentity;
import dev.chitin.gateway.tls.TlsListener;
import dev.chitin.vault.memory.ZeroingAllocator;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** One event loop's share of the edge on TCP. Instances with one port share its connections. */
public final class HttpVerticle extends VerticleBase implements Listener {
  private static final int MOST_STREAMS = 100;
  private static final int HANDSHAKE_SECONDS = 10;

  /** No connection is idle before, whatever its routes wait for. */
  private static final long PATIENCE_MILLIS = 120_000;

  /** HTTP/2 frames that make work and carry nothing, in 30 s (CVE-2023-44487 and its kin). */
  private static final int MOST_RESETS = 200;

  private HttpEdge edge;
  private final int port;
  private final @Nullable TlsIdentity identity;
  private final ZeroingAllocator allocator = new ZeroingAllocator();
  private final UnsentAnswers unsent = new UnsentAnswers();
  private final @Nullable ClientAuthority authority;
  private @Nullable HttpServer server;
  private @Nullable HeadPatience patience;
  private @Nullable Edge way;
  private Runnable unwatch = () -> {};
  private int actualPort;

  /**
   * @param port where to listen; -1 picks a free one for all instances, see {@link #actualPort()}
   * @param identity what to prove to clients, or null for plain HTTP
   * @param authority who vouches for clients, or null when they are not asked for certificates
   */
  public HttpVerticle(
      HttpEdge edge,
      int port,
      @Nullable TlsIdentity identity,
      @Nullable ClientAuthority authority) {
    this.authority = authority;
    this.edge = edge;
    this.port = port;
    this.identity = identity;
  }

  /** The port that is listened on, once started. */
  public int actualPort() {
    return actualPort;
  }

  @Override
  public Future<?> start() {
    HttpServer listener = vertx.createHttpServer(options());
    server = listener;
    var telemetry = edge.observer().telemetry();
    unwatch = telemetry.loops().watch(vertx, telemetry.registry());
    patience = new HeadPatience(vertx, edge.settings().bounds().headerTimeoutMillis());
    listener.connectionHandler(this::opened);
    if (authority != null) {
      listener.exceptionHandler(new RefusedHandshakes(edge.failures(), System::nanoTime));
    }
    listener.invalidRequestHandler(new InvalidRequests(edge.live(), edge.observer(), unsent));
    listener.requestHandler(this::handle);
    return listener
        .listen(port, edge.settings().host())
        .onSuccess(
            listening -> {
              actualPort = listening.actualPort();
              way = way();
            });
  }

  @Override
  public Future<?> stop() {
    unwatch.run();
    if (patience != null) {
      patience.close();
    }
    return Future.succeededFuture();
  }

  @Override
  public Future<?> apply(HttpEdge next) {
    Promise<Void> applied = Promise.promise();
    context.runOnContext(
        here -> {
          edge = next;
          way = way();
          applied.complete();
        });
    return applied.future();
  }

  /**
   * Takes no more connections; ends those that are open with their last answer, or at that time.
   */
  public Future<?> shutDown(Duration timeout) {
    return server == null ? Future.succeededFuture() : server.shutdown(timeout);
  }

  /** Uses another identity for the connections that are still to come. */
  public Future<?> renew(TlsIdentity renewed) {
    return server == null
        ? Future.succeededFuture()
        : server.updateSSLOptions(TlsListener.renewed(options(), renewed));
  }

  private void handle(HttpServerRequest request) {
    if (way == null || patience == null) {
      // It listens, and does not yet know under which port.
      request.connection().close();
    } else {
      way.handle(request, patience.began(request));
    }
  }

  private Edge way() {
    var cors = new Cors(edge.settings().corsOrigins());
    return new Edge(
        vertx,
        edge.settings(),
        new RequestGuard(
            OwnHosts.of(edge.settings(), actualPort), edge.settings().clientScheme(), cors),
        cors,
        new Throttle(edge.limits()),
        new RouteTable(routes(vertx, edge)),
        request -> edge.authenticator().check(presented(request)),
        edge.failures(),
        edge.live(),
        edge.observer(),
        edge.readiness(),
        unsent);
  }

  private Presented presented(HttpServerRequest request) {
    return new Presented(
        request.headers().getAll("authorization"),
        request.headers().getAll("x-api-key"),
        authority == null ? List.of() : certificates(request.connection()));
  }

  /** The client's chain, its own first; empty when it sent none. */
  private static List<X509Certificate> certificates(HttpConnection connection) {
    try {
      List<X509Certificate> chain = new ArrayList<>();
      for (Certificate one : connection.peerCertificates()) {
        if (one instanceof X509Certificate certificate) {
          chain.add(certificate);
        }
      }
      return chain;
    } catch (SSLPeerUnverifiedException none) {
      return List.of();
    }
  }

  /** The whole table of a listener on TCP. */
  static List<Route> routes(Vertx vertx, HttpEdge edge) {
    List<Route> routes = new ArrayList<>();
    routes.addAll(new CallRoutes(edge).routes());
    routes.addAll(new TrackedCallRoutes(vertx, edge.calls(), edge.watch()).routes());
    routes.addAll(new SessionRoutes(edge.sessions()).routes());
    routes.addAll(new ToolRoutes(edge.registry()).routes());
    routes.addAll(new LlmRoutes(vertx, edge).routes());
    routes.addAll(new SecretRoutes(vertx, edge.vault(), edge.settings()).routes());
    routes.addAll(new AuditRoutes(edge.reads(), edge.audit()).routes());
    routes.addAll(new AuditEventRoutes(edge.search(), edge.audit()).routes());
    routes.addAll(new AuditStreamRoutes(edge.streams(), edge.watch(), edge.audit()).routes());
    routes.addAll(new HealthRoutes(edge.readiness(), edge.observer()).routes());
    routes.addAll(new MetricsRoutes(edge.metrics()).routes());
    routes.add(OpenApiRoute.of(routes));
    return routes;
  }

  /** What is read from the connection lies in memory that is wiped: it may be a secret. */
  static void readWiped(HttpConnection connection, ZeroingAllocator allocator) {
    if (!(connection instanceof ConnectionBase base)) {
      throw new IllegalStateException("the connection gives no access to its channel");
    }
    base.channel().config().setAllocator(allocator);
  }

  /**
   * Refuses what the decoder would otherwise let pass.
   *
   * @param heard runs when bytes of an HTTP/1 request came
   */
  static void readStrictly(HttpConnection connection, EdgeBounds bounds, Runnable heard) {
    if (connection instanceof ConnectionBase base) {
      StrictRequestDecoder.install(base.channel(), plain(bounds), heard);
    }
  }

  private void opened(HttpConnection connection) {
    readWiped(connection, allocator);
    HeadPatience waiting = patience;
    if (waiting == null) {
      connection.close();
      return;
    }
    readStrictly(connection, edge.settings().bounds(), waiting.opened(connection));
    connection.closeHandler(closed -> waiting.closed(connection));
  }

  private HttpServerOptions options() {
    EdgeBounds bounds = edge.settings().bounds();
    HttpServerOptions options =
        plain(bounds).setIdleTimeout(idleSeconds(bounds, edge.llm().longestSilenceMillis()));
    if (identity != null) {
      TlsListener.secure(options, identity, authority);
    }
    return options;
  }

  /**
   * Longer than any wait of a route.
   *
   * @param silenceMillis longest of those for models
   */
  static int idleSeconds(EdgeBounds bounds, long silenceMillis) {
    long wait = Math.max(bounds.callTimeoutMillis(), silenceMillis);
    return (int) Duration.ofMillis(Math.max(wait, PATIENCE_MILLIS)).plusSeconds(15).toSeconds();
  }

  static HttpServerOptions plain(EdgeBounds bounds) {
    return new HttpServerOptions()
        .setMaxInitialLineLength(8 * 1024)
        .setMaxHeaderSize(bounds.headerBytes())
        .setMaxFormFields(0)
        .setHandle100ContinueAutomatically(false)
        .setDecompressionSupported(false)
        .setCompressionSupported(false)
        .setHttp2ClearTextEnabled(false)
        // There are no WebSockets here, and what would negotiate them costs each connection memory.
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false)
        .setInitialSettings(
            new Http2Settings()
                .setMaxConcurrentStreams(MOST_STREAMS)
                .setMaxHeaderListSize(bounds.headerBytes()))
        .setHttp2RstFloodMaxRstFramePerWindow(MOST_RESETS)
        .setHttp2RstFloodWindowDuration(30)
        .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS)
        .setSslHandshakeTimeout(HANDSHAKE_SECONDS)
        .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
        .setTcpNoDelay(true)
        .setIdleTimeout(idleSeconds(bounds, 0));
  }
}
