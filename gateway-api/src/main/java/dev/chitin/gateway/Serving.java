package dev.chitin.gateway;

import dev.chitin.gateway.auth.KeyOperations;
import dev.chitin.gateway.calls.IdempotencyJournal;
import dev.chitin.gateway.calls.IdempotencyKeys;
import dev.chitin.gateway.calls.RunningCalls;
import dev.chitin.gateway.calls.TrackedCalls;
import dev.chitin.gateway.http.AccessLog;
import dev.chitin.gateway.http.AdminSocket;
import dev.chitin.gateway.http.CallAdmission;
import dev.chitin.gateway.http.Connections;
import dev.chitin.gateway.http.EdgeBounds;
import dev.chitin.gateway.http.HttpEdge;
import dev.chitin.gateway.http.RequestObserver;
import dev.chitin.gateway.llm.LlmService;
import dev.chitin.gateway.rate.OverLimitRecord;
import dev.chitin.gateway.reload.ConfigReload;
import dev.chitin.gateway.reload.ConfigSource;
import dev.chitin.gateway.reload.ConfigWatch;
import dev.chitin.gateway.tls.TlsListener;
import dev.chitin.gateway.tls.TlsRenewal;
import dev.chitin.sandbox.http.RelayClient;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The edge on an {@link Interior} that is proven: authentication, calls, model providers, the log's
 * readers and at last the listeners, started in this order. They stop with the interior.
 */
final class Serving {
  private static final Logger LOG = LoggerFactory.getLogger(Serving.class);

  private final Drain drain;
  private final HttpEdge.Reload reload;
  private final String url;

  private Serving(Drain drain, HttpEdge.Reload reload, String url) {
    this.drain = drain;
    this.reload = reload;
    this.url = url;
  }

  /**
   * Serves; returns when all listen. Blocks.
   *
   * @param source where the settings came from, or null
   * @throws dev.chitin.bus.ChitinException with what stands in the way; what was started meanwhile
   *     stops with the interior
   */
  static Serving start(Interior interior, @Nullable ConfigSource source) {
    GatewaySettings settings = interior.settings();
    Foundation foundation = interior.foundation();
    Station station = interior.station();
    Vertx vertx = foundation.vertx();
    EdgeBounds bounds = settings.edge().bounds();
    Listeners listeners = Listeners.of(settings.edge());
    var auth =
        new AuthService(
            vertx, foundation.keys(), foundation.audit(), settings, listeners.authority());
    interior.closeAtStop(auth);
    var admission = new CallAdmission(bounds.calls(), bounds.callsPerPrincipal());
    var connections = new Connections(bounds.connections(), bounds.connectionsPerAddress());
    foundation.transport().bound(connections);
    var over = new OverLimitRecord(vertx, foundation.audit());
    interior.closeAtStop(over);
    Metrics metrics = metrics(interior, admission);
    metrics.edge(connections, over);
    metrics.readiness(interior.readiness());
    metrics.auth(auth);
    var calls = new TrackedCalls(bounds.streams());
    IdempotencyKeys idempotency = idempotency(interior);
    interior.closeAtStop(() -> calls.cancelAll("the gateway stops"));
    var running = new RunningCalls(station.executor());
    LlmService llm = llm(interior, auth, running);
    metrics.llm(llm);
    var accessLog = new AccessLog(settings.operation().accessLog());
    var changing = new LiveEdge(settings, admission, accessLog, over);
    HttpEdge.Reload reload = changing.reload(source, foundation.audit());
    LogServices log = LogServices.start(interior, metrics);
    var edge =
        new HttpEdge(
            foundation.bus(),
            settings.edge(),
            station.registry(),
            running,
            foundation.vault(),
            foundation.vaultAdministration(),
            settings::vaultKey,
            foundation.logKeys(),
            foundation.audit(),
            actor -> new KeyOperations(foundation.keys(), settings.auth().issuerNames(), actor),
            auth.authenticator(),
            auth.failures(),
            auth.watch(),
            auth.sessions(),
            auth::checkLater,
            admission,
            calls,
            idempotency,
            changing.limits(),
            connections,
            interior.readiness(),
            interior.doctor("demand"),
            log.reads(),
            log.search(),
            log.streams(),
            metrics::scrape,
            foundation.localVault().liveSecrets(),
            llm,
            new RequestObserver(interior.telemetry(), accessLog),
            reload);
    listeners.open(edge, interior);
    TlsRenewal renewal = listeners.renewal(vertx);
    if (renewal != null) {
      foundation.transport().secured(listeners.port());
      interior.closeAtStop(renewal);
      metrics.certificate(renewal);
    }
    var supplies = new Supplies(auth, renewal, reload instanceof ConfigReload file ? file : null);
    interior.readiness().watch(supplies::findings);
    metrics.supplies(supplies);
    AdminSocket.removeStale(settings.home().adminSocket());
    var admin = new AdminSocket(edge, settings.home().adminSocket());
    interior.deploy(admin);
    changing.serve(edge, listeners.with(admin));
    if (source != null && reload instanceof ConfigReload file) {
      interior.closeAtStop(new ConfigWatch(vertx, source.file(), file));
      metrics.reloads(file);
    }
    station.listeningOn(listeners.port());
    interior.closeAtStop(
        new ProofWatch(
            vertx, interior.readiness(), interior.doctor("again"), () -> absent(interior)));
    LOG.info(
        "ready on {}{}",
        listeners.url(),
        settings.edge().tls() == null ? "" : " with TLS by " + TlsListener.engine());
    var drain = new Drain(settings.operation(), interior.readiness(), running, listeners::shutDown);
    return new Serving(drain, reload, listeners.url());
  }

  /** What the proofs rest on and can go away under them: what native tools run in, the vault. */
  private static List<String> absent(Interior interior) {
    List<String> absent = new ArrayList<>();
    if (!Files.isExecutable(interior.settings().bwrap())) {
      absent.add(interior.settings().bwrap() + " cannot be run");
    }
    Path places = interior.settings().home().run().resolve("sandbox");
    if (!Files.isWritable(places)) {
      absent.add(places + " is gone, or cannot be written");
    }
    interior.foundation().localVault().fault().ifPresent(absent::add);
    return absent;
  }

  private static Metrics metrics(Interior interior, CallAdmission admission) {
    Foundation foundation = interior.foundation();
    return new Metrics(
        interior.telemetry().registry(),
        interior.station().bwrap()::metrics,
        foundation.log()::metrics,
        admission,
        foundation.localVault());
  }

  private static IdempotencyKeys idempotency(Interior interior) {
    var keys =
        new IdempotencyKeys(
            interior.foundation().vertx(),
            IdempotencyJournal.open(
                interior.settings().home().run().resolve("idempotency"), IdempotencyKeys.since()));
    interior.closeAtStop(keys);
    return keys;
  }

  private static LlmService llm(Interior interior, AuthService auth, RunningCalls running) {
    GatewaySettings settings = interior.settings();
    Foundation foundation = interior.foundation();
    Station station = interior.station();
    var llm =
        new LlmService(
            foundation.vertx(),
            settings.llm(),
            settings.node(),
            station.clearance(),
            provider ->
                new RelayClient(
                    foundation.vertx(),
                    station.pinning(provider.dialect().tool()),
                    foundation.redeemer(),
                    "providers." + provider.dialect().provider(),
                    provider.ca()),
            foundation.localVault().liveSecrets(),
            auth.watch(),
            running,
            interior.telemetry().models());
    interior.closeAtStop(llm);
    return llm;
  }

  Drain drain() {
    return drain;
  }

  /** Has the configuration read again. */
  HttpEdge.Reload reload() {
    return reload;
  }

  /** Where it listens. */
  String url() {
    return url;
  }
}
