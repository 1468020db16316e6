package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Credential;
import dev.chitin.gateway.auth.KeyChanges;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.auth.Permissions;
import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.auth.Verdict;
import dev.chitin.policy.Principal;
import dev.chitin.vault.memory.ZeroingAllocator;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The edge for administration: a Unix socket in a directory that only the gateway's own user may
 * enter. Whoever can connect is the operator; no tool can see the directory.
 */
public final class AdminSocket extends VerticleBase implements Listener {
  /** The longest path that the kernel takes for a socket, in bytes. */
  private static final int MAX_PATH = 107;

  private static final Caller OPERATOR =
      new Caller(
          new Principal(KeyRecord.TENANT, "local-operator", Set.of(Role.ADMIN.text())),
          Permissions.of(Set.of(Role.ADMIN)),
          new Credential.Local());

  private static final Future<Verdict> KNOWN = Future.succeededFuture(Verdict.known(OPERATOR));

  /** No page reaches a Unix socket. */
  private static final Cors NO_ORIGINS = new Cors(Set.of());

  private final Path path;
  private final UnsentAnswers unsent = new UnsentAnswers();
  private HttpEdge edge;
  private @Nullable Edge way;

  public AdminSocket(HttpEdge edge, Path path) {
    this.edge = edge;
    this.path = path;
  }

  /**
   * Takes away the file that a killed gateway left; the log's lock says that no other one runs.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} when it cannot be
   */
  public static void removeStale(Path socket) {
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      throw Problem.of(ProblemCode.CONFIG_INVALID, "The administration socket cannot be replaced.")
          .toException(e);
    }
  }

  @Override
  public Future<?> start() {
    if (path.toString().getBytes(StandardCharsets.UTF_8).length > MAX_PATH) {
      return Future.failedFuture(
          Problem.of(
                  ProblemCode.CONFIG_INVALID,
                  "The administration socket's path is longer than " + MAX_PATH + " bytes.")
              .withHint("Choose a shorter CHITIN_HOME.")
              .toException());
    }
    var server = vertx.createHttpServer(HttpVerticle.plain(edge.settings().bounds()));
    var allocator = new ZeroingAllocator();
    server.connectionHandler(
        connection -> {
          HttpVerticle.readWiped(connection, allocator);
          HttpVerticle.readStrictly(connection, edge.settings().bounds(), () -> {});
        });
    server.invalidRequestHandler(new InvalidRequests(edge.live(), edge.observer(), unsent));
    way = way();
    server.requestHandler(request -> Objects.requireNonNull(way).handle(request));
    return server.listen(SocketAddress.domainSocketAddress(path.toString()));
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

  private Edge way() {
    return new Edge(
        vertx,
        edge.settings(),
        new RequestGuard(Set.of("localhost"), "http", NO_ORIGINS),
        NO_ORIGINS,
        null,
        new RouteTable(routes()),
        new Operator(),
        edge.failures(),
        edge.live(),
        edge.observer(),
        edge.readiness(),
        unsent);
  }

  /** Whoever is here has said who it is. */
  private static final class Operator implements Edge.CallerSource {
    @Override
    public Future<Verdict> check(HttpServerRequest request) {
      return KNOWN;
    }

    @Override
    public boolean isPresented(HttpServerRequest request) {
      return true;
    }
  }

  List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.addAll(new CallRoutes(edge).routes());
    routes.addAll(new TrackedCallRoutes(vertx, edge.calls(), edge.watch()).routes());
    routes.addAll(new SessionRoutes(edge.sessions()).routes());
    routes.addAll(new ToolRoutes(edge.registry()).routes());
    routes.addAll(new SecretRoutes(vertx, edge.vault(), edge.settings()).routes());
    routes.addAll(new VaultRoutes(edge.vaultAdministration(), edge.vaultKey()).routes());
    var changes = new KeyChanges(vertx, edge.audit(), edge.revoked());
    routes.addAll(new KeyRoutes(edge.keys(), changes).routes());
    routes.addAll(new DoctorRoutes(edge.doctor()).routes());
    routes.add(ReloadRoute.of(vertx, edge.reload()));
    routes.addAll(new RetentionRoutes(edge.reads(), edge.vaultAdministration()).routes());
    routes.addAll(new LogKeyRoutes(edge.reads(), edge.logKeys()).routes());
    routes.addAll(new AuditRoutes(edge.reads(), edge.audit()).routes());
    routes.addAll(new AuditEventRoutes(edge.search(), edge.audit()).routes());
    routes.addAll(new AuditStreamRoutes(edge.streams(), edge.watch(), edge.audit()).routes());
    routes.addAll(new AuditEventRoutes(edge.search(), edge.audit()).administration());
    routes.addAll(new HealthRoutes(edge.readiness(), edge.observer()).routes());
    routes.addAll(new MetricsRoutes(edge.metrics()).routes());
    return routes;
  }
}
